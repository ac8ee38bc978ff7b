import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Classifier, createClassifier } from "../../src/entries/node.ts";
import { expectOwnError, hostileOptions, hostileValue } from "../support/hostile-values.ts";
import { detached, foreign } from "../support/odd-values.ts";
import { randomImage } from "../support/random-model.ts";

let abs: Classifier;

beforeAll(async () => {
  abs = await createClassifier();
});

describe("createClassifier", () => {
  it.each<[unknown, string]>([
    [null, "options: got null, wanted an object"],
    [42, "options: got 42, wanted an object"],
    ["paper", 'options: got "paper", wanted an object'],
    [[], "options: got Array, wanted an object"],
    [Promise.resolve({}), "options: got Promise, wanted an object"],
    [new Map(), "options: got Map, wanted an object"],
    [{ infrence: "paper" }, 'options: got the unknown "infrence"; did you mean "inference"?'],
    [{ efort: "quick" }, 'options: got the unknown "efort"; did you mean "effort"?'],
    [{ onprogress: () => {} }, 'options: got the unknown "onprogress"; did you mean "onProgress"?'],
    [{ wieghts: new Uint8Array(8) }, 'options: got the unknown "wieghts"; did you mean "weights"?'],
    [
      { threads: 4 },
      'options: got the unknown "threads"; known are module, weights, inference, effort, variant, confidence, onProgress',
    ],
    [{ inference: 1n }, 'inference: got 1n, wanted "race" or "paper"'],
    [{ effort: null }, 'effort: got null, wanted "quick" or "standard" or "thorough"'],
    [{ variant: Symbol("abs") }, 'variant: got Symbol(abs), wanted "abs" or "binary-abs"'],
    [{ confidence: ["paper"] }, 'confidence: got ["paper"], wanted "calibrated" or "paper"'],
    [{ onProgress: 5 }, "onProgress: got 5, wanted a function"],
    [{ module: null }, "module: got null, wanted a WebAssembly.Module, its bytes, a URL or a Response"],
    [{ weights: null }, "weights: got null, wanted a Uint8Array or ArrayBuffer with a weights file"],
    [
      { weights: new Float32Array(9) },
      "weights: got Float32Array, wanted a Uint8Array or ArrayBuffer with a weights file",
    ],
    [
      { weights: detached(new Uint8Array(9)) },
      "weights: got a detached Uint8Array, whose memory has another owner now; wanted a Uint8Array or ArrayBuffer with a weights file",
    ],
  ])("refuses options that would do nothing or mean something else: %#", async (options, message) => {
    await expect(createClassifier(options as never)).rejects.toThrow(new TypeError(message));
  });

  it("takes options from an object of any kind that holds fields", async () => {
    class Settings {
      readonly effort = "quick";
      get inference(): "race" {
        return "race";
      }
    }
    for (const options of [new Settings(), Object.assign(Object.create(null), { effort: "quick" })]) {
      const quick = await createClassifier(options as never);
      expect(quick.classify(randomImage(1)).evaluations).toBeGreaterThan(0);
    }
  });

  it("refuses whatever else comes in its own words", { timeout: 120_000 }, async () => {
    const names = ["module", "weights", "inference", "effort", "variant", "confidence", "onProgress"];
    const sensible = { inference: "race", effort: "quick", variant: "abs", confidence: "paper", onProgress: () => {} };
    await fc.assert(
      fc.asyncProperty(hostileOptions(names, sensible), async (options) => {
        const error = await createClassifier(options() as never).then(
          (made) => made.dispose(),
          (reason: unknown) => reason,
        );
        if (error !== undefined) expectOwnError(error);
      }),
      { seed: 21, numRuns: 400 },
    );
  });
});

describe("a classifier's methods", () => {
  it("take arrays of other realms, byte by byte the same", () => {
    const image = randomImage(3);
    const bytes = Uint8ClampedArray.from(image, (value) => 255 * value);
    const alien = foreign<Float32Array>("new Float32Array(784)");
    alien.set(image);
    const alienBytes = foreign<Uint8ClampedArray>("new Uint8ClampedArray(784)");
    alienBytes.set(bytes);
    expect(alien).not.toBeInstanceOf(Float32Array);
    expect(abs.classify(alien)).toEqual(abs.classify(image));
    expect(abs.classify(alienBytes)).toEqual(abs.classify(bytes));
    const latent = foreign<number[]>(`Array(${abs.latents}).fill(0.5)`);
    expect(abs.decode(3, latent)).toEqual(abs.decode(3, new Float32Array(abs.latents).fill(0.5)));
  });

  it("look at an array's memory, not at what its class says", () => {
    class Liar extends Uint8Array {
      override get length(): number {
        return 784;
      }
    }
    expect(() => abs.classify(new Liar(0))).toThrow(new RangeError("image: got 0 values, wanted 784 (28×28)"));
    expect(() => abs.classifyBatch(new Liar(783))).toThrow("images: got 783 values, wanted a multiple of 784");
    class Modest extends Float32Array {
      override get length(): number {
        return 0;
      }
    }
    const image = randomImage(4);
    const modest = new Modest(784);
    modest.set(image);
    expect(abs.classify(modest)).toEqual(abs.classify(image));
  });

  it.each<[string, (abs: Classifier) => unknown, new (message: string) => Error, string]>([
    [
      "a Proxy",
      (abs) => abs.classify(new Proxy(randomImage(1), {})),
      TypeError,
      "image: got an object that imitates Float32Array, wanted",
    ],
    [
      "a detached image",
      (abs) => abs.classify(detached(randomImage(1))),
      TypeError,
      "image: got a detached Float32Array",
    ],
    [
      "a detached batch",
      (abs) => abs.classifyBatch(detached(new Uint8Array(784))),
      TypeError,
      "images: got a detached Uint8Array",
    ],
    ["BigInts", (abs) => abs.label(new BigInt64Array(784) as never), TypeError, "image: got BigInt64Array, wanted"],
    ["no latent", (abs) => abs.decode(0, null as never), TypeError, "latent: got null, wanted a list, Float32Array"],
    [
      "digits in a text",
      (abs) => abs.decode(0, "1234567812345678" as never),
      TypeError,
      "latent: got a string, wanted",
    ],
    [
      "texts in a latent",
      (abs) => abs.decode(0, new Array(abs.latents).fill("1")),
      TypeError,
      'latent: got "1" at place 0',
    ],
    [
      "BigInts in a latent",
      (abs) => abs.decode(0, new Array(abs.latents).fill(1n)),
      TypeError,
      "latent: got 1n at place 0",
    ],
    [
      "a latent with holes",
      (abs) => abs.decode(0, new Array(abs.latents)),
      TypeError,
      "latent: got undefined at place 0",
    ],
    [
      "a latent far out",
      (abs) => abs.decode(0, new Array(abs.latents).fill(1e37)),
      RangeError,
      "latent: got 1e+37 at place 0",
    ],
    ["a label in a text", (abs) => abs.sample("3" as never), TypeError, 'label: got "3", wanted a whole number'],
    ["no options", (abs) => abs.sample(3, null as never), TypeError, "options: got null, wanted an object"],
    [
      "a slip",
      (abs) => abs.sample(3, { sed: 1 } as never),
      TypeError,
      'options: got the unknown "sed"; did you mean "seed"?',
    ],
    ["a seed in a text", (abs) => abs.sample(3, { seed: "1" } as never), TypeError, 'seed: got "1", wanted'],
    ["another slip", (abs) => abs.classifyStream([], { ahed: 1 } as never), TypeError, 'did you mean "ahead"?'],
  ])("refuse %s", (_, call, Kind, message) => {
    expect(() => call(abs)).toThrow(Kind);
    expect(() => call(abs)).toThrow(message);
  });

  it.each<[string, () => unknown]>([
    ["a detached array", () => detached(new Float32Array(784))],
    ["what only looks like a Map", () => Object.create(Map.prototype)],
    ["what only looks like a Set", () => Object.create(Set.prototype)],
    ["what only looks like an array of bytes", () => Object.create(Uint8Array.prototype)],
  ])("refuse %s as a source of frames", async (_, make) => {
    const stream = abs.classifyStream(make() as never);
    await expect(stream.next()).rejects.toThrow(TypeError);
    const again = abs.classifyStream(make() as never);
    await expect(again.next()).rejects.toThrow(/^frames: got .*, wanted images that can be iterated over$/);
  });

  it("are not led astray by what is written to the classifier's fields", async () => {
    const other = await createClassifier();
    const image = randomImage(5);
    const expected = other.explain(image);
    expect(() => (other.classes as string[]).push("ten")).toThrow(TypeError);
    Object.assign(other, { latents: 100_000, classes: new Array(50).fill("x"), confidence: "none" });
    expect(() => other.decode(0, new Array(100_000).fill(0))).toThrow(
      `latent: got 100000 values, wanted ${abs.latents}`,
    );
    expect(() => other.sample(10)).toThrow("label: got 10");
    expect(other.explain(image)).toEqual(expected);
  });

  it("refuse whatever else comes in their own words, and work on", { timeout: 120_000 }, async () => {
    const image = randomImage(6);
    const expected = abs.classify(image);
    // What a source throws itself is passed on as it is.
    const begins = (frames: unknown): boolean => {
      try {
        const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: plain } = Object(frames);
        (asynchronous ?? plain)?.call(frames);
        return true;
      } catch {
        return false;
      }
    };
    const drain = async (frames: unknown, options: unknown): Promise<void> => {
      if (!begins(frames)) return;
      for await (const { label } of abs.classifyStream(frames as never, options as never))
        expect(label).toBeLessThan(10);
    };
    const options = hostileOptions(["seed", "count", "ahead"], { one: 1, two: 2 });
    const call = fc.constantFrom<(value: unknown, other: unknown) => unknown>(
      (value) => abs.classify(value as never),
      (value) => abs.label(value as never),
      (value) => abs.classifyBatch(value as never),
      (value) => abs.explain(value as never),
      (value) => abs.lossAndGradient(value as never),
      (value, other) => abs.decode(value as never, other as never),
      (value) => abs.decode(1, value as never),
      (value, other) => abs.sample(value as never, other as never),
      (_, other) => abs.sample(1, other as never).length,
      (value, other) => drain(value, other),
      (value, other) => drain([value, value], other),
    );
    await fc.assert(
      fc.asyncProperty(call, hostileValue, options, async (run, value, other) => {
        try {
          await run(value(), other());
        } catch (error) {
          expectOwnError(error);
        }
      }),
      { seed: 22, numRuns: 2500 },
    );
    expect(abs.classify(image)).toEqual(expected);
  });
});
