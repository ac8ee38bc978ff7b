// Typed arrays and their buffers told by what they are, not by their class or properties: those of other realms (frames,
// Node's vm) are as good as ours, while a Proxy is none, and a subclass may say anything of its length.

/** Typed arrays of numbers; those of BigInts are none. */
export type NumberArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;

type Getter = (this: unknown) => unknown;

const TYPED_ARRAY = /* @__PURE__ */ Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const nameGetter = /* @__PURE__ */ getter(TYPED_ARRAY, Symbol.toStringTag);
const lengthGetter = /* @__PURE__ */ getter(TYPED_ARRAY, "length");
const bufferLengthGetter = /* @__PURE__ */ getter(ArrayBuffer.prototype, "byteLength");

/** A getter that the language itself brings, which looks at what a value is and not at its properties. */
function getter(prototype: object, key: string | symbol): Getter {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get as Getter;
}

/** `"Float32Array"` and the like, the same in every realm; undefined for what is no typed array. */
export function typedArrayName(value: unknown): string | undefined {
  return nameGetter.call(value) as string | undefined;
}

/** Elements of a typed array, whatever its class says. */
export function lengthOf(array: NumberArray): number {
  return lengthGetter.call(array) as number;
}

/** Whether an array's memory was handed over to another owner, or shrank away under it. It reads as empty then. */
export function isDetached(array: NumberArray): boolean {
  if (lengthOf(array) !== 0) return false;
  try {
    // The cheapest method that says so; the class may have one of its own.
    TYPED_ARRAY.keys.call(array);
    return false;
  } catch {
    return true;
  }
}

/** Whether a value is an ArrayBuffer of any realm. One that is shared among threads is none. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  try {
    bufferLengthGetter.call(value);
    return true;
  } catch {
    return false;
  }
}

/** `"ArrayBuffer"`, `"DataView"`, or the name of the typed array; undefined for what holds no bytes. */
export function bytesKind(value: unknown): string | undefined {
  if (isArrayBuffer(value)) return "ArrayBuffer";
  return typedArrayName(value) ?? (ArrayBuffer.isView(value) ? "DataView" : undefined);
}

/**
 * The bytes of an ArrayBuffer or view, in place; a copy where other threads might write to them.
 *
 * @throws {TypeError} in the engine's words, when the memory is gone
 */
export function bytesOf(source: ArrayBuffer | ArrayBufferView): Uint8Array<ArrayBuffer> {
  if (isArrayBuffer(source)) return new Uint8Array(source);
  const prototype = typedArrayName(source) === undefined ? DataView.prototype : TYPED_ARRAY;
  const read = (key: string): unknown => getter(prototype, key).call(source);
  const buffer = read("buffer") as ArrayBufferLike;
  const bytes = new Uint8Array(buffer, read("byteOffset") as number, read("byteLength") as number);
  return isArrayBuffer(buffer) ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
}
