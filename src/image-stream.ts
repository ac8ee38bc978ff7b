import { kindOf } from "./arguments/shown.ts";
import { type ImageValues, normalisedImages } from "./image-values.ts";
import { nextTurn } from "./load/next-turn.ts";

/** Images one after another: an array, a generator, a stream, from a camera, a file or a network. */
export type Frames = AsyncIterable<ImageValues> | Iterable<ImageValues | PromiseLike<ImageValues>>;

type Step = IteratorResult<ImageValues | PromiseLike<ImageValues>>;
type Source = AsyncIterator<ImageValues> | Iterator<ImageValues | PromiseLike<ImageValues>>;

/**
 * The frames' values in [0, 1], in order. While one is worked on, up to `ahead` more are asked for, one after another, so
 * that the source works meanwhile and what is held stays bounded. Values are copied as they come: the source may use one
 * array for all. Between two frames the event loop gets its turn.
 *
 * Whoever stops early, or a frame that is refused, closes the source's iterator; that is waited for, unless the source
 * still owes a frame, which may never come.
 *
 * @throws {TypeError | RangeError} in the refused frame's turn, named by its place from 0
 */
export async function* readFrames(frames: Frames, ahead: number): AsyncGenerator<Float32Array, void, void> {
  const source = iteratorOf(frames);
  const waiting: Promise<Float32Array | undefined>[] = [];
  let last: Promise<Step | undefined> = Promise.resolve(undefined);
  let asked = 0;
  let owed = 0;
  let isOver = false;

  const next = async (before: Promise<Step | undefined>): Promise<Step> => {
    const previous = await before;
    if (isOver) return { done: true, value: undefined };
    if (previous?.done) return previous;
    ++owed;
    try {
      const step = checkedStep(await source.next());
      isOver ||= step.done === true;
      return step;
    } catch (error) {
      isOver = true;
      throw error;
    } finally {
      --owed;
    }
  };

  const ask = (): void => {
    const step = next(last);
    const place = asked;
    ++asked;
    const values = step.then((arrived) => valuesOf(arrived, place));
    // Errors are for the frame's turn, not for the moment at which they come.
    step.catch(() => {});
    values.catch(() => {});
    last = step;
    waiting.push(values);
  };

  try {
    for (;;) {
      while (waiting.length <= ahead) ask();
      const values = await waiting.shift();
      if (values === undefined) return;
      yield values;
      await nextTurn();
    }
  } finally {
    if (!isOver) {
      isOver = true;
      const isOwed = owed > 0;
      const closing = Promise.resolve(typeof source.return === "function" ? source.return() : undefined);
      if (isOwed) closing.catch(() => {});
      else await closing;
    }
  }
}

/** @throws {TypeError} for what cannot be iterated over */
function iteratorOf(frames: Frames): Source {
  const wanted = "wanted images that can be iterated over";
  if (frames === null || frames === undefined) throw new TypeError(`frames: got ${frames}, ${wanted}`);
  const begin = beginningOf(frames);
  if (typeof begin !== "function") throw new TypeError(`frames: got ${kindOf(frames)}, ${wanted}`);
  let source: Source;
  try {
    source = begin.call(frames);
  } catch (cause) {
    // Of a detached array, or of what only looks like a Map; what a source of its own throws is another error.
    if (!(cause instanceof TypeError)) throw cause;
    throw new TypeError(`frames: got ${kindOf(frames)} that does not let itself be iterated over, ${wanted}`, {
      cause,
    });
  }
  if (!isObject(source) || typeof source.next !== "function") {
    throw new TypeError(`frames: its iterator is ${kindOf(source)} without a function "next", ${wanted}`);
  }
  return source;
}

/** The method that begins an iteration, if there is one. */
function beginningOf(frames: Frames): ((this: Frames) => Source) | undefined {
  try {
    const { [Symbol.asyncIterator]: asynchronous, [Symbol.iterator]: plain } = Object(frames);
    return typeof asynchronous === "function" ? asynchronous : plain;
  } catch {
    return undefined;
  }
}

/** @throws {TypeError} for what an iterator may not give */
function checkedStep(step: Step): Step {
  if (!isObject(step)) throw new TypeError(`frames: its iterator gave ${kindOf(step)}, wanted { done, value }`);
  return step;
}

function isObject(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

async function valuesOf(step: Step, place: number): Promise<Float32Array | undefined> {
  if (step.done) return undefined;
  const image = isPromise(step.value) ? await step.value : step.value;
  try {
    return normalisedImages(image, 1);
  } catch (error) {
    const Kind = error instanceof TypeError ? TypeError : RangeError;
    throw new Kind(`frame ${place}: ${(error as Error).message}`, { cause: error });
  }
}

function isPromise(value: unknown): value is PromiseLike<ImageValues> {
  try {
    return typeof (value as PromiseLike<ImageValues> | undefined)?.then === "function";
  } catch {
    // What cannot be read is no image either, and is refused as such.
    return false;
  }
}
