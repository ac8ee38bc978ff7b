import type { Assumptions } from "./weights/model.ts";

/**
 * What becomes of a pixel's value before a model sees it, from [0, 1] to [0, 1] and never falling, in the module's 32-bit steps
 * (assembly/inference/binary.ts and comparison.ts). Undefined where values are seen as they are.
 *
 * @param threshold of the variant for black-and-white images, undefined for others
 */
export function responseOf(
  threshold: number | undefined,
  { response: slope = 1 }: Assumptions,
): ((value: number) => number) | undefined {
  // A curve leaves the threshold's 0 and 1 where they are.
  if (threshold !== undefined) return (value) => (value >= threshold ? 1 : 0);
  if (slope === 1) return undefined;
  const steep = Math.fround(slope);
  return (value) => {
    const straight = Math.fround(Math.fround(steep * Math.fround(Math.fround(value) - 0.5)) + 0.5);
    return Math.min(1, Math.max(0, straight));
  };
}
