// Text on its way out, gathered so that a line leaves in one piece.

import { dtoa_buffered } from "util/number";
import { halves } from "../bytes";
import { exit, FAILED, STANDARD_ERROR, STANDARD_OUTPUT, write } from "./system";

const CAPACITY: usize = 4096;
/** UTF-8 takes at most three bytes for a 16-bit unit. */
const BYTES_PER_UNIT: usize = 3;

const buffer: usize = memory.data(4096, 16);
/** Numbers as AssemblyScript's library writes them, in UTF-16 and at most 28 units long. */
const digits: usize = memory.data(64, 16);
let length: usize = 0;
let descriptor: u32 = STANDARD_OUTPUT;

/** What is put from here on goes to standard error. */
export function beginError(): void {
  flush();
  descriptor = STANDARD_ERROR;
}

/** Hands everything put so far to the host. Ends the program when the host refuses it. */
export function flush(): void {
  const taken = write(descriptor, buffer, length);
  length = 0;
  if (!taken) exit(FAILED);
}

export function putByte(byte: u8): void {
  if (length == CAPACITY) flush();
  store<u8>(buffer + length++, byte);
}

export function put(text: string): void {
  const units = text.length;
  for (let from = 0; from < units; ) {
    // Long texts go piece by piece, none of which ends within a pair of surrogates.
    let to = min(from + 512, units);
    if (to < units && (text.charCodeAt(to - 1) & 0xfc00) == 0xd800) --to;
    const count = <usize>(to - from);
    if (length + count * BYTES_PER_UNIT > CAPACITY) flush();
    length += String.UTF8.encodeUnsafe(changetype<usize>(text) + halves(from), to - from, buffer + length);
    from = to;
  }
}

/** A string of bytes that ends in a zero. */
export function putBytes(address: usize): void {
  for (let byte = load<u8>(address); byte != 0; byte = load<u8>(++address)) putByte(byte);
}

export function putWhole(value: u64): void {
  let at = digits + 63;
  let rest = value;
  do {
    store<u8>(at--, <u8>(48 + (rest % 10)));
    rest /= 10;
  } while (rest != 0);
  while (++at < digits + 64) putByte(load<u8>(at));
}

/** A finite number with as many digits as it takes to read the same number back. */
export function putNumber(value: f64): void {
  const count = <usize>dtoa_buffered<f64>(digits, value);
  for (let index: usize = 0; index < count; ++index) putByte(load<u8>(digits + (index << 1)));
}
