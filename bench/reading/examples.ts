import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { findCandidates } from "../../src/reading/candidates.ts";
import { bearingOf, lineImage } from "../../src/reading/line-image.ts";
import { findLines } from "../../src/reading/lines.ts";
import { pieceImage } from "../../src/reading/piece-image.ts";
import { OTHER } from "../../src/reading/piece-network.ts";
import { findStrokes } from "../../src/reading/strokes.ts";
import { overlap } from "../../src/strings/tally.ts";
import type { Written, WrittenDigit } from "../../src/strings/written.ts";
import { inkShared } from "./fit.ts";
import { seamTruth } from "./line-truth.ts";

// What the reader's two convolutional networks are fitted to by `python3 -m abs_training reading`.

/** A piece that shares so much of all ink with a digit is that digit… */
const LEAST_SHARED = 0.75;
/** …and one that shares at most this much with any is none; what lies between teaches nothing. */
const MOST_SHARED = 0.55;
/** Cuts to write pieces of, for a line as wide as its digits are high. */
const CUTS_PER_HEIGHT = 6;
/** Of pieces that are no digits so many are left out for each one written, as there are many and alike. */
const LEFT_OUT = 1;

const bytesOf = (values: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(values, (value) => Math.max(0, Math.min(255, Math.round(255 * value))));

/** Writes the longest line of each picture and where its digits part: its width as four bytes, then both row by row. */
export function writeLines(file: string, pictures: Iterable<Written>): void {
  const out = openSync(`${file}.part`, "w");
  for (const { picture, lines: written } of pictures) {
    const strokes = findStrokes(picture);
    if (strokes === undefined) continue;
    const columns = strokes.strength.width;
    const inkOf = (line: { parts: readonly { pixels: readonly number[] }[] }): number =>
      line.parts.reduce((sum, { pixels }) => sum + pixels.length, 0);
    const line = findLines(strokes).reduce((one, other) => (inkOf(other) > inkOf(one) ? other : one));
    const image = lineImage(line.parts, columns, bearingOf(line.parts, columns, line.height));
    writeSync(out, new Uint8Array(Int32Array.of(image.width).buffer));
    writeSync(out, bytesOf(image.values));
    writeSync(out, bytesOf(seamTruth(image, written.flat(), columns)));
  }
  closeSync(out);
  renameSync(`${file}.part`, file);
}

/** Writes the candidates of each picture as the classifier takes them, each after its label: one byte, then 784. */
export function writePieces(file: string, pictures: Iterable<Written>): void {
  const out = openSync(`${file}.part`, "w");
  let others = 0;
  for (const written of pictures) {
    const strokes = findStrokes(written.picture);
    if (strokes === undefined) continue;
    for (const line of findLines(strokes)) {
      for (const { pixels, box } of findCandidates(line, strokes, CUTS_PER_HEIGHT).list) {
        const label = labelOf(pixels, box, written);
        if (label === undefined) continue;
        const isJunk = written.junk.some((other) => overlap(other, box) > 0);
        if (label === OTHER && !isJunk && others++ % (LEFT_OUT + 1) > 0) continue;
        writeSync(out, Uint8Array.of(label));
        writeSync(out, bytesOf(pieceImage(strokes, pixels, box)));
      }
    }
  }
  closeSync(out);
  renameSync(`${file}.part`, file);
}

function labelOf(pixels: readonly number[], box: WrittenDigit["box"], { lines, picture }: Written): number | undefined {
  let most = 0;
  let label = OTHER;
  for (const digit of lines.flat()) {
    if (overlap(digit.box, box) === 0) continue;
    const { shared, all } = inkShared(digit, pixels, picture.width);
    if (shared / all <= most) continue;
    most = shared / all;
    label = digit.label;
  }
  if (most >= LEAST_SHARED) return label;
  return most <= MOST_SHARED ? OTHER : undefined;
}
