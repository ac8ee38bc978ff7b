import { IMAGE_SIDE } from "../../format/image.ts";
import { type Corruption, clipped } from "./corruption.ts";

/** How far above and below its middle a stroke reaches, in pixels. */
const REACH = 2.3;
/** Columns of a dot and of a gap. */
const DOT = 2;
/** Of the zigzag: from the base line to a peak, and half the way from peak to peak. */
const PEAK = 2;
const ZIGZAG = { from: 2, to: 25, steepest: 5 };

interface Point {
  x: number;
  y: number;
}

/** A dotted straight line from edge to edge, at any slope. */
export const dottedLine: Corruption = {
  name: "dotted-line",
  corrupt: (image, random) => {
    const last = IMAGE_SIDE - 1;
    const from = { x: 0, y: random.below(last) };
    const to = { x: last, y: random.below(last) };
    const corrupted = image.slice();
    draw(corrupted, from, to, (column) => Math.floor(column / DOT) % 2 === 1);
    return corrupted;
  },
};

/** A zigzag line across, with peaks of 2 pixels every 8 and a slight slope. */
export const zigzag: Corruption = {
  name: "zigzag",
  corrupt: (image, random) => {
    const { from, to, steepest } = ZIGZAG;
    const start = random.below(IMAGE_SIDE - 1);
    const rise = random.below(2 * steepest) - steepest;
    const length = Math.hypot(to - from, rise);
    const along = { x: (to - from) / length, y: rise / length };
    const point = (distance: number, height: number): Point => ({
      x: from + distance * along.x - height * along.y,
      y: start + distance * along.y + height * along.x,
    });
    const corners = [point(0, 0)];
    for (let peak = 0; (2 * peak + 1) * PEAK <= length; ++peak) {
      corners.push(point((2 * peak + 1) * PEAK, peak % 2 === 0 ? PEAK : -PEAK));
    }
    corners.push(point(length, 0));
    const corrupted = image.slice();
    for (let at = 1; at < corners.length; ++at) draw(corrupted, corners[at - 1] as Point, corners[at] as Point);
    return corrupted;
  },
};

/**
 * Adds a stroke to an image: in every column between its ends, 1 + ln(1 − d/2.3) where d is the distance above or below the
 * line, as far as that is positive.
 */
function draw(image: Float32Array, from: Point, to: Point, isDrawn: (column: number) => boolean = () => true): void {
  if (from.x === to.x) return;
  const slope = (to.y - from.y) / (to.x - from.x);
  for (let column = Math.max(0, Math.floor(from.x)); column < Math.min(IMAGE_SIDE, Math.ceil(to.x)); ++column) {
    if (!isDrawn(column)) continue;
    const middle = from.y + slope * (column - from.x);
    for (let row = 0; row < IMAGE_SIDE; ++row) {
      const distance = Math.abs(row - middle);
      if (distance >= REACH) continue;
      const pixel = row * IMAGE_SIDE + column;
      image[pixel] = clipped((image[pixel] as number) + Math.max(0, 1 + Math.log(1 - distance / REACH)));
    }
  }
}
