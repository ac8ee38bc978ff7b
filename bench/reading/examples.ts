import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { findCandidates } from "../../src/reading/candidates.ts";
import { bearingOf, lineImage } from "../../src/reading/line-image.ts";
import { findLines } from "../../src/reading/lines.ts";
import { OTHER } from "../../src/reading/piece-network.ts";
import { windowsOf } from "../../src/reading/piece-window.ts";
import { findStrokes } from "../../src/reading/strokes.ts";
import { overlap } from "../../src/strings/tally.ts";
import type { Written, WrittenDigit } from "../../src/strings/written.ts";
import { inkShared } from "./fit.ts";
import { seamTruth } from "./line-truth.ts";

// What the reader's two convolutional networks are fitted to by `python3 -m abs_training reading`.

/** Pieces that share less than this with any digit are none. */
const LEAST_SHARED = 0.6;
/** Cuts to write pieces of, for a line as wide as its digits are high. */
const CUTS_PER_HEIGHT = 6;
/** Of pieces that are no digits so many are left out for each one written, as there are many and alike. */
const LEFT_OUT = 1;
/** All junk is written that shares so much of its box with a piece's. */
const WHOLE = 0.6;

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

/**
 * Writes the candidates of each picture, each as a record of bytes: the label of the digit of which it shares most; how much, of all ink
 * of both (255 is all); and its window.
 */
export function writePieces(file: string, pictures: Iterable<Written>): void {
  const out = openSync(`${file}.part`, "w");
  let others = 0;
  for (const written of pictures) {
    const strokes = findStrokes(written.picture);
    if (strokes === undefined) continue;
    for (const line of findLines(strokes)) {
      const candidates = findCandidates(line, strokes, CUTS_PER_HEIGHT);
      const windowOf = windowsOf(candidates, strokes.strength.width);
      for (const candidate of candidates.list) {
        const { box } = candidate;
        const { label, share } = nearestDigit(candidate.pixels, box, written);
        const isJunk = written.junk.some((other) => overlap(other, box) > WHOLE);
        if (share < LEAST_SHARED && !isJunk && others++ % (LEFT_OUT + 1) > 0) continue;
        writeSync(out, Uint8Array.of(label, Math.round(255 * share)));
        writeSync(out, bytesOf(windowOf(candidate)));
      }
    }
  }
  closeSync(out);
  renameSync(`${file}.part`, file);
}

function nearestDigit(
  pixels: readonly number[],
  box: WrittenDigit["box"],
  { lines, picture }: Written,
): { label: number; share: number } {
  let nearest = { label: OTHER, share: 0 };
  for (const digit of lines.flat()) {
    if (overlap(digit.box, box) === 0) continue;
    const { shared, all } = inkShared(digit, pixels, picture.width);
    if (shared / all > nearest.share) nearest = { label: digit.label, share: shared / all };
  }
  return nearest;
}
