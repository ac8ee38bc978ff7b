import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier, type ImageValues } from "../src/entries/node.ts";
import { randomImage } from "./support/random-model.ts";

let abs: Classifier;
const images = [1, 2, 3, 4, 5, 6].map((seed) => randomImage(seed));

beforeAll(async () => {
  abs = await createClassifier();
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Yields the images and notes what is asked of it. */
function source(frames: Iterable<unknown> = images) {
  const seen = { pulled: 0, closed: 0 };
  async function* generate(): AsyncGenerator<ImageValues> {
    try {
      for (const frame of frames) {
        ++seen.pulled;
        yield frame as ImageValues;
      }
    } finally {
      ++seen.closed;
    }
  }
  return { seen, frames: generate() };
}

describe("classifyStream", () => {
  it.each([
    [5, "a number"],
    [null, "null"],
    [undefined, "undefined"],
    [{}, "an object"],
  ])("refuses what cannot be iterated over: %s", async (frames, kind) => {
    await expect(collect(abs.classifyStream(frames as never))).rejects.toThrow(
      new TypeError(`frames: got ${kind}, wanted images that can be iterated over`),
    );
    expect(abs.classify(randomImage(1)).losses.length).toBe(10);
  });

  const expected = () => images.map((image) => abs.classify(image));

  it.each<[string, () => AsyncIterable<ImageValues> | Iterable<ImageValues | Promise<ImageValues>>]>([
    ["an array", () => images],
    ["an array of promises", () => images.map((image) => Promise.resolve(image))],
    ["an asynchronous generator", () => source().frames],
    [
      "a stream",
      () =>
        new ReadableStream({
          start(controller) {
            for (const image of images) controller.enqueue(image);
            controller.close();
          },
        }) as unknown as AsyncIterable<ImageValues>,
    ],
  ])("classifies what comes from %s, in order, as classify does", async (_, frames) => {
    expect(await collect(abs.classifyStream(frames()))).toEqual(expected());
    expect(await collect(abs.classifyStream(frames(), { ahead: 0 }))).toEqual(expected());
    expect(await collect(abs.classifyStream(frames(), { ahead: 64 }))).toEqual(expected());
  });

  it.each([0, 1, 2, 3])("takes at most %i frames ahead", async (ahead) => {
    const { seen, frames } = source();
    let count = 0;
    for await (const _ of abs.classifyStream(frames, { ahead })) {
      ++count;
      // Long enough for everything that was asked for to come.
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(seen.pulled).toBe(Math.min(count + ahead, images.length));
    }
    expect(count).toBe(images.length);
  });

  it("asks a source for one frame at a time", async () => {
    let isAsked = false;
    let left = images.length;
    const frames = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          expect(isAsked).toBe(false);
          isAsked = true;
          await new Promise((resolve) => setTimeout(resolve, 1));
          isAsked = false;
          return left-- > 0
            ? { value: images[0] as ImageValues, done: false as const }
            : { value: undefined, done: true as const };
        },
      }),
    };
    expect((await collect(abs.classifyStream(frames, { ahead: 3 }))).length).toBe(images.length);
  });

  it("takes no notice of an array that the source uses again", async () => {
    const array = new Float32Array(784);
    function* frames() {
      for (const image of images) {
        array.set(image);
        yield array;
      }
    }
    expect(await collect(abs.classifyStream(frames(), { ahead: 4 }))).toEqual(expected());
  });

  it("closes the source when the loop is left", async () => {
    const { seen, frames } = source();
    for await (const _ of abs.classifyStream(frames)) break;
    expect(seen.closed).toBe(1);
    const never = source();
    await abs.classifyStream(never.frames).return();
    expect(never.seen.pulled).toBe(0);
  });

  it("does not wait for a frame that never comes", async () => {
    let isClosed = false;
    let count = 0;
    const frames = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          count++ === 0
            ? Promise.resolve({ value: images[0] as ImageValues, done: false as const })
            : new Promise<never>(() => {}),
        return: () => {
          isClosed = true;
          return new Promise<never>(() => {});
        },
      }),
    };
    for await (const _ of abs.classifyStream(frames)) break;
    expect(isClosed).toBe(true);
  });

  it.each<[string, unknown, RegExp, typeof TypeError | typeof RangeError]>([
    ["of another length", new Float32Array(783), /^frame 2: image: got 783 values/, RangeError],
    ["with a value out of range", new Float32Array(784).fill(2), /^frame 2: image: got 2 at pixel 0/, RangeError],
    ["of another type", "seven", /^frame 2: image: got a string/, TypeError],
    ["that is missing", undefined, /^frame 2: image: got undefined/, TypeError],
  ])(
    "names the place of a frame %s, after the results before it, and closes the source",
    async (_, frame, message, Kind) => {
      const { seen, frames } = source([images[0], images[1], frame, images[3]]);
      const results: unknown[] = [];
      const run = async () => {
        for await (const result of abs.classifyStream(frames, { ahead: 3 })) results.push(result);
      };
      const error = await run().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(Kind);
      expect((error as Error).message).toMatch(message);
      expect(results).toEqual(expected().slice(0, 2));
      expect(seen.closed).toBe(1);
    },
  );

  it("passes on what the source throws, after the results before it", async () => {
    async function* frames() {
      yield images[0] as ImageValues;
      throw new Error("the camera is gone");
    }
    const results: unknown[] = [];
    const run = async () => {
      for await (const result of abs.classifyStream(frames(), { ahead: 4 })) results.push(result);
    };
    await expect(run()).rejects.toThrow("the camera is gone");
    expect(results.length).toBe(1);
  });

  it("gives the event loop a turn between frames", async () => {
    let turns = 0;
    let isRunning = true;
    const count = () => {
      ++turns;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    await collect(abs.classifyStream(images));
    isRunning = false;
    expect(turns).toBeGreaterThanOrEqual(images.length);
  });

  it.each([-1, 0.5, 65, Number.NaN])("refuses ahead = %d at once", (ahead) => {
    expect(() => abs.classifyStream(images, { ahead })).toThrow(/^ahead: got .*, wanted a whole number from 0 to 64/);
  });

  it("throws when the classifier is disposed of on the way", async () => {
    const other = await createClassifier();
    const run = async () => {
      for await (const _ of other.classifyStream(images)) other.dispose();
    };
    await expect(run()).rejects.toThrow("disposed of");
    expect(() => other.classifyStream(images)).toThrow("disposed of");
  });
});
