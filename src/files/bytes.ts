// Reading bytes without Node's Buffer, as runtimes of the edge have none.

/** The characters that bytes stand for in Latin-1, from `start` on; fewer than `length` where the bytes end. */
export function latin1(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
