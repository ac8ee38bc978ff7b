// Frames of 28×28 from standard input, raw or as PGM, and what is wrong with them.

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image";
import { PIXELS } from "../sizes";
import { next, peek, take } from "./input";
import { exit, FAILED } from "./system";
import { beginError, flush, put, putByte, putWhole } from "./text";

export const DETECT: i32 = 0;
export const RAW: i32 = 1;
export const PGM: i32 = 2;

const SIDE: u32 = IMAGE_SIDE;
const LARGEST_BYTE: u32 = 255;
/** src/files/portable-map.ts takes all values to 16 bits first; to do the same gives the same bits. */
const LARGEST_SAMPLE: u32 = 65535;
const MOST_DIGITS: i32 = 9;
const LETTER_P: i32 = 0x50;
const HASH: i32 = 0x23;
const NEW_LINE: i32 = 0x0a;

/** u8 [784]. */
const bytes: usize = memory.data(IMAGE_PIXELS, 16);

/** The format by the input's first two bytes; a raw frame that begins like a PGM has to be announced. */
export function detect(): i32 {
  const kind = peek() == LETTER_P ? peek(1) : 0;
  return kind == 0x32 || kind == 0x35 ? PGM : RAW;
}

/**
 * Reads the next frame to `image`, f32 [784] in [0, 1]. Returns false when no further one begins. Ends the program with
 * a message when it is none of the format's.
 */
export function readFrame(format: i32, index: u64, image: usize): bool {
  return format == PGM ? readPgm(index, image) : readRaw(index, image);
}

function readRaw(index: u64, image: usize): bool {
  const came = take(bytes, PIXELS);
  if (came == 0) return false;
  if (came < <usize>PIXELS) failShort(index, came);
  for (let pixel: usize = 0; pixel < <usize>PIXELS; ++pixel) {
    // Divided as src/image-values.ts divides.
    store<f32>(image + (pixel << 2), <f32>(<f64>load<u8>(bytes + pixel) / <f64>LARGEST_BYTE));
  }
  return true;
}

function readPgm(index: u64, image: usize): bool {
  skipSpace();
  if (peek() < 0) return false;
  const letter = next();
  const kind = next();
  if (letter != LETTER_P || (kind != 0x32 && kind != 0x35) || !isSpace(peek())) {
    beginFrameError(index);
    put("wanted a PGM that begins with P2 or P5, got other bytes");
    endError();
  }
  const width = readNumber(index, "the width");
  const height = readNumber(index, "the height");
  if (width != SIDE || height != SIDE) {
    beginFrameError(index);
    put("wanted 28×28 pixels, got ");
    putWhole(width);
    put("×");
    putWhole(height);
    endError();
  }
  const maximum = readNumber(index, "the largest value");
  if (maximum < 1 || maximum > LARGEST_BYTE) {
    beginFrameError(index);
    put("wanted a largest value of 1 to 255, got ");
    putWhole(maximum);
    endError();
  }
  if (kind == 0x35) {
    if (!isSpace(next())) {
      beginFrameError(index);
      put("wanted white space behind the largest value");
      endError();
    }
    const came = take(bytes, PIXELS);
    if (came < <usize>PIXELS) failShort(index, came);
  }
  for (let pixel: usize = 0; pixel < <usize>PIXELS; ++pixel) {
    const value = kind == 0x35 ? <u32>load<u8>(bytes + pixel) : readNumber(index, "a pixel");
    if (value > maximum) {
      beginFrameError(index);
      put("pixel ");
      putWhole(pixel);
      put(" is ");
      putWhole(value);
      put(", wanted at most the largest value, ");
      putWhole(maximum);
      endError();
    }
    const sample = (2 * value * LARGEST_SAMPLE + maximum) / (2 * maximum);
    store<f32>(image + (pixel << 2), <f32>((1.0 / <f64>LARGEST_SAMPLE) * <f64>sample));
  }
  return true;
}

function readNumber(index: u64, wanted: string): u32 {
  skipSpace();
  let value: u32 = 0;
  let digits = 0;
  while (!isSpace(peek()) && peek() >= 0) {
    const digit = <u32>(next() - 0x30);
    if (digit > 9 || ++digits > MOST_DIGITS) {
      beginFrameError(index);
      put("wanted a number of at most 9 digits for ");
      put(wanted);
      put(digit > 9 ? ", got another character" : ", got a longer one");
      endError();
    }
    value = 10 * value + digit;
  }
  if (digits == 0) {
    beginFrameError(index);
    put("the PGM is cut short before ");
    put(wanted);
    endError();
  }
  return value;
}

/** Skips white space, and comments between words. */
function skipSpace(): void {
  for (;;) {
    if (peek() == HASH) while (peek() >= 0 && peek() != NEW_LINE) next();
    else if (isSpace(peek())) next();
    else return;
  }
}

function isSpace(byte: i32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function failShort(index: u64, came: usize): void {
  beginFrameError(index);
  put("wanted 784 bytes of pixels (28×28), got ");
  putWhole(came);
  endError();
}

function beginFrameError(index: u64): void {
  beginError();
  put("abs: frame ");
  putWhole(index);
  put(": ");
}

function endError(): void {
  putByte(<u8>NEW_LINE);
  flush();
  exit(FAILED);
}
