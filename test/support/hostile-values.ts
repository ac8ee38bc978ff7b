import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect } from "vitest";
import { WeightsError } from "../../src/weights/errors.ts";

// What callers can pass although the types forbid it, and what any error must be like.

/** What the traps and getters of hostile values throw: theirs to throw, ours to pass on. */
const THEIRS = "thrown by the value itself";
const throwing = (): never => {
  throw new Error(THEIRS);
};
const UNPLEASANT = [
  "\u001b[2J",
  "\n",
  "\0",
  "\u202e",
  "\ud800",
  "é",
  "x".repeat(20_000),
  "\u001b".repeat(300),
  '"',
  "\\",
];
const KINDS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/** An array whose memory has moved to another owner. */
export function detached<Held extends { buffer: ArrayBufferLike }>(array: Held): Held {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

/** A value made by a program in another realm. */
export function foreign<Value>(program: string): Value {
  return runInNewContext(program) as Value;
}

class Longer extends Float32Array {
  override get length(): number {
    return 784;
  }
}

const lengths = fc.constantFrom(0, 1, 16, 783, 784, 785, 1568);
const arrays = fc.tuple(fc.constantFrom(...KINDS), lengths).map(([Kind, length]) => new Kind(length));
const texts = fc
  .array(fc.oneof(fc.string(), fc.constantFrom(...UNPLEASANT)), { maxLength: 4 })
  .map((parts) => parts.join(""));
const numbers = fc.oneof(
  fc.double(),
  fc.integer({ min: -2, max: 70 }),
  fc.constantFrom(1e37, -0, 2 ** 32, 2 ** 53, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
);
const primitives = fc.oneof(
  fc.constantFrom(undefined, null, true, false, Symbol("s"), Symbol("\u001b".repeat(900))),
  numbers,
  fc.bigInt(),
  fc.constant(1n << 100_000n),
  texts,
);
const oddities = fc.constantFrom<() => unknown>(
  () => new Longer(0),
  () => new Longer(1),
  () => detached(new Float32Array(784)),
  () => detached(new Uint8Array(784)),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  () => new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
  () => foreign("new Float32Array(784)"),
  () => foreign("new Int32Array(784)"),
  () => foreign("({})"),
  () => foreign("[1, 2, 3]"),
  () => foreign("new ArrayBuffer(8)"),
  () => new ArrayBuffer(784),
  () => new SharedArrayBuffer(784),
  () => new Uint8Array(new SharedArrayBuffer(784)),
  () => new DataView(new ArrayBuffer(784)),
  () => detached(new Uint8Array(8)).buffer,
  () => new Array(2 ** 32 - 1),
  () => Object.create(null),
  () => ({ length: 784 }),
  () => ({ length: 16, 0: 1 }),
  () => ({ constructor: { name: "\u001b[2J".repeat(5000) } }),
  () => ({ constructor: { name: Symbol("name") } }),
  () => ({ constructor: null, toString: throwing }),
  () => ({ [Symbol.toStringTag]: "Response", ok: true }),
  () => ({ [Symbol.toStringTag]: "Response", status: "\n".repeat(900), statusText: "x".repeat(9000) }),
  () => ({ [Symbol.toStringTag]: "URL", toString: () => "\u001b".repeat(9000) }),
  () => ({ [Symbol.toStringTag]: "WebAssembly.Module" }),
  () => ({ [Symbol.toStringTag]: "Float32Array", length: 784 }),
  () => ({ [Symbol.iterator]: () => 5 }),
  () => ({ [Symbol.iterator]: () => ({}) }),
  () => ({ [Symbol.iterator]: () => ({ next: () => undefined }) }),
  () => ({ [Symbol.asyncIterator]: () => ({ next: async () => null, return: 5 }) }),
  () => Promise.resolve(5),
  () => new Map(),
  () => new Date(Number.NaN),
  () => /a/,
  () => class {},
  () => () => 784,
  () => new URL("data:,hello"),
  () => new URL(`data:,${"x".repeat(5000)}`),
  () => new URL("file:///nowhere/at/all"),
  () => new URL("nonsense://x"),
  () => new Response("<!doctype html>"),
  () => new Response("", { status: 500, statusText: "x".repeat(3000) }),
  () => new Response(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
);

/** Makes a value: fast-check itself would stumble over some of these. */
export type Made = () => unknown;

const plain = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Made> => arbitrary.map((value) => () => value);

/** Anything. */
export const hostileValue: fc.Arbitrary<Made> = fc.oneof(
  { weight: 3, arbitrary: plain(primitives) },
  { weight: 3, arbitrary: oddities },
  { weight: 2, arbitrary: plain(arrays) },
  { weight: 1, arbitrary: arrays.map((array) => () => new Proxy(array, {})) },
  { weight: 1, arbitrary: plain(fc.array(fc.oneof(primitives, fc.constant({})), { maxLength: 18 })) },
  { weight: 1, arbitrary: plain(fc.dictionary(texts, primitives, { maxKeys: 4 })) },
);

/** Options of these names, some misspelt, with any values or some that are right. */
export function hostileOptions(names: readonly string[], right: Readonly<Record<string, unknown>>): fc.Arbitrary<Made> {
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...names).map((known) => known.slice(1)) },
    { weight: 1, arbitrary: texts },
  );
  const value = fc.oneof(hostileValue, plain(fc.constantFrom(...Object.values(right), undefined)));
  const options = fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((fields) => () => Object.fromEntries(fields.map(([key, made]) => [key, made()])));
  return fc.oneof({ weight: 4, arbitrary: options }, { weight: 1, arbitrary: hostileValue });
}

const PLACES =
  /^(images?|label|latent|options|inference|effort|variant|confidence|weights|onProgress|module|frames?|frame \d+|ahead|seed|count|picture|data|width|height|channels): /;
const MOST_CHARACTERS = 500;

/** Checks that an error is one of ours: a class that is documented, and words that fit into a log's line. */
export function expectOwnError(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  const { message, constructor: Kind } = error as Error;
  if (message === THEIRS) return;
  expect([Error, TypeError, RangeError, WeightsError]).toContain(Kind);
  expect(message.length).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  if (Kind !== WeightsError) expect(message).toMatch(PLACES);
}
