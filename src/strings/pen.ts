import type { Point, Stroke } from "./signs.ts";

/**
 * How much ink a round pen leaves on each pixel of strokes of straight parts: 1 under it, 0 beside it, between on its rim, which is one
 * pixel wide.
 *
 * @param strokes in pixels; a pixel's middle is half a pixel from its edges
 * @param pen width in pixels, at least 1
 * @returns ink in [0, 1] of the pixel in a column and a row
 */
export function penInk(strokes: readonly Stroke[], pen: number): (column: number, row: number) => number {
  return (column, row) => {
    let nearest = Number.POSITIVE_INFINITY;
    for (const stroke of strokes) {
      for (let index = 1; index < stroke.length; ++index) {
        const [from, to] = [stroke[index - 1] as Point, stroke[index] as Point];
        nearest = Math.min(nearest, distance(column + 0.5, row + 0.5, from, to));
      }
    }
    return Math.max(0, Math.min(1, pen / 2 + 0.5 - nearest));
  };
}

function distance(x: number, y: number, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const length = alongX * alongX + alongY * alongY;
  const share = length === 0 ? 0 : ((x - fromX) * alongX + (y - fromY) * alongY) / length;
  const held = Math.max(0, Math.min(1, share));
  return Math.hypot(x - fromX - held * alongX, y - fromY - held * alongY);
}
