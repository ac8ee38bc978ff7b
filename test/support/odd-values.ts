import { runInNewContext } from "node:vm";

// Values that callers can pass although the types forbid it.

/** What the traps and getters of hostile values throw: theirs to throw, ours to pass on. */
export const THEIRS = "thrown by the value itself";
const throwing = (): never => {
  throw new Error(THEIRS);
};
/** Texts that steer a terminal, break a line, flood it, or are no whole characters. */
export const UNPLEASANT: readonly string[] = [
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
/** Every kind of typed array. */
export const KINDS = [
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

/** Makers of values: some are made anew each time, as what is done to one would show in the next. */
export const ODDITIES: readonly (() => unknown)[] = [
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
];
