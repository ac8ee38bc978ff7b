import type { GreyImage } from "./grey.ts";

/**
 * How high water would stand on a relief that lets it run off at the frame (reconstruction by erosion, Vincent 1993): the value of
 * each pixel, or, where every way from it to the frame leads over something brighter, the lowest such pass.
 */
export function waterLevels({ values, width, height }: GreyImage): Float32Array {
  const levels = values.map((value, index) => {
    const column = index % width;
    const row = Math.floor(index / width);
    return Math.min(column, row, width - 1 - column, height - 1 - row) > 0 ? Number.POSITIVE_INFINITY : value;
  });
  // Forwards and backwards in turn: a way without bends is followed to its end in one of both.
  for (let isSettled = false; !isSettled; ) {
    isSettled = true;
    for (const step of [1, -1]) {
      const first = step > 0 ? 0 : values.length - 1;
      for (let index = first; index >= 0 && index < values.length; index += step) {
        const own = levels[index] as number;
        const lowest = Math.min(own, levels[index - step] ?? own, levels[index - step * width] ?? own);
        const level = Math.max(values[index] as number, lowest);
        if (level === own) continue;
        levels[index] = level;
        isSettled = false;
      }
    }
  }
  return levels;
}
