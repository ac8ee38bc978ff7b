import { findComponents } from "../../src/image/components.ts";
import { toGrey } from "../../src/image/grey.ts";
import { inkStrength } from "../../src/image/ink-strength.ts";
import type { PixelImage } from "../../src/image/pixel-image.ts";
import { findInk } from "../../src/image/polarity.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { findInkLevels } from "../../src/image/threshold.ts";
import type { Found } from "../../src/strings/tally.ts";
import type { BaselineCnn } from "./baseline-cnn.ts";

// What most demos do about several digits: every component is one, a network says which.

/** Components of less than this share of the tallest one's height are specks. */
const SPECK_SHARE = 0.3;
const MARGIN = 2;
const WORKING_SIDE = 1600;
const LEAST_CONFIDENCE = 0.5;

/** Reads a picture: components that are no specks, in rows, each cropped, preprocessed and labelled by the plain CNN. */
export async function readByComponents(picture: PixelImage, cnn: BaselineCnn): Promise<Found[][]> {
  const grey = toGrey(picture, WORKING_SIDE);
  const strength = inkStrength(grey, findInk(grey));
  const levels = findInkLevels(strength.values);
  if (levels === undefined) return [];
  const all = findComponents(strength.values, strength.width, strength.height, levels.threshold);
  const tallest = all.map(({ box }) => box.height).sort((one, other) => other - one)[
    Math.floor(all.length / 20)
  ] as number;
  const boxes = all.map(({ box }) => box).filter(({ height }) => height >= SPECK_SHARE * tallest);
  boxes.sort((one, other) => one.top - other.top);
  const rows: (typeof boxes)[] = [];
  for (const box of boxes) {
    const row = rows.at(-1);
    const first = row?.[0];
    if (row !== undefined && first !== undefined && box.top + box.height / 2 < first.top + first.height) row.push(box);
    else rows.push([box]);
  }
  const lines: Found[][] = [];
  for (const row of rows) {
    row.sort((one, other) => one.left - other.left);
    const frames = row.map((box) => {
      const [width, height] = [box.width + 2 * MARGIN, box.height + 2 * MARGIN];
      const data = Float32Array.from({ length: width * height }, (_, index) => {
        const x = box.left - MARGIN + (index % width);
        const y = box.top - MARGIN + Math.floor(index / width);
        const isInside = x >= 0 && y >= 0 && x < strength.width && y < strength.height;
        return isInside ? (strength.values[y * strength.width + x] as number) : 0;
      });
      return preprocess({ data, width, height, channels: 1 }).image;
    });
    const pixels = Uint8Array.from(
      frames.flatMap((frame) => [...frame]),
      (value) => Math.round(255 * value),
    );
    const decisions = await cnn.classify(pixels);
    const line = row.flatMap((box, index) => {
      const { label, confidence } = decisions[index] as (typeof decisions)[number];
      return confidence >= LEAST_CONFIDENCE ? [{ label, box }] : [];
    });
    if (line.length > 0) lines.push(line);
  }
  return lines;
}
