// Images as the classifier takes them: 28×28 pixels as bytes, as a PGM or as numbers.

import { Refusal, shown } from "./refusal.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
/** Of one request: what they cost is bounded with their number. */
export const MOST_IMAGES = 50;

/** Of a binary PGM, https://netpbm.sourceforge.net/doc/pgm.html: comments may stand wherever white space may. */
const PGM_HEADER = /^P5(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)[ \t-\r]/;
const PGM_HEADER_LIMIT = 1024;
const LETTER_P = 0x50;

/** One image of 784 bytes, or several, one after the other. */
export function readRaw(bytes) {
  const count = bytes.length / PIXELS;
  if (!Number.isInteger(count) || count < 1) {
    throw new Refusal(
      400,
      `got ${bytes.length} bytes, wanted ${PIXELS} (${SIDE}×${SIDE}), or a multiple for several images`,
    );
  }
  checkCount(count);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * PIXELS, (index + 1) * PIXELS));
}

/** A binary PGM with one byte per pixel, or several, one after the other. */
export function readPgm(bytes) {
  const images = [];
  let rest = bytes;
  do {
    const { image, length } = readFirstPgm(rest);
    images.push(image);
    checkCount(images.length);
    rest = rest.subarray(length);
  } while (rest.length > 0);
  return images;
}

function readFirstPgm(bytes) {
  // One character per byte, so that the header's length counts bytes; a header with comments fits as well.
  const text = String.fromCharCode(...bytes.subarray(0, PGM_HEADER_LIMIT));
  const header = PGM_HEADER.exec(text);
  if (header === null) throw new Refusal(400, "got no header of a binary PGM, wanted P5, width, height, maximum");
  const [width, height, maximum] = header.slice(1).map(Number);
  if (width !== SIDE || height !== SIDE) {
    throw new Refusal(400, `got a PGM of ${width}×${height}, wanted ${SIDE}×${SIDE}`);
  }
  if (maximum < 1 || maximum > 255) throw new Refusal(400, `got a PGM of maximum ${maximum}, wanted 1 to 255`);
  const there = bytes.length - header[0].length;
  // What follows the pixels has to be another PGM.
  const end = header[0].length + PIXELS;
  if (there < PIXELS || (there > PIXELS && bytes[end] !== LETTER_P)) {
    throw new Refusal(400, `got a PGM with ${there} bytes of pixels, wanted ${PIXELS}`);
  }
  const pixels = bytes.subarray(header[0].length, end);
  if (maximum === 255) return { image: pixels, length: end };
  const above = pixels.findIndex((value) => value > maximum);
  if (above >= 0) throw new Refusal(400, `pixel ${above}: got ${pixels[above]}, wanted 0 to ${maximum}`);
  return { image: Float32Array.from(pixels, (value) => value / maximum), length: end };
}

/** An array of 784 numbers from 0 to 1. */
export function readNumbers(values) {
  if (values.length !== PIXELS) {
    throw new Refusal(400, `got an array of ${values.length}, wanted ${PIXELS} numbers (${SIDE}×${SIDE})`);
  }
  const odd = values.findIndex((value) => typeof value !== "number" || !(value >= 0 && value <= 1));
  if (odd >= 0) {
    // Not written out where it is nested: it may be so deep that JSON.stringify runs out of stack.
    const got = typeof values[odd] === "object" ? jsonType(values[odd]) : shown(JSON.stringify(values[odd]), 40);
    throw new Refusal(400, `pixel ${odd}: got ${got}, wanted a number from 0 to 1`);
  }
  return Float64Array.from(values);
}

/** @throws {Refusal} for more images than a request may have */
export function checkCount(count) {
  if (count > MOST_IMAGES) throw new Refusal(413, `got ${count} images or more, wanted at most ${MOST_IMAGES}`);
}

/** What JSON calls the kind of a value. */
export function jsonType(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
