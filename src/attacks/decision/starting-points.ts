import type { AttackedImage } from "../attacked-image.ts";
import { drawNoisyPixels } from "../pixel/noisy-pixels.ts";
import { blended, moved } from "../pixels.ts";
import { LARGEST_SCALE } from "./additive-noise.ts";
import { firstAlong } from "./along-path.ts";

const DRAWS = 3;
/** Draws where none has led to another class yet. */
const MOST_DRAWS = 30;
/** Classes that are blended in, the nearest first. */
const RIVALS = 5;

/**
 * Images of other classes close to the boundary, the nearest to the original first: blends with what the model draws for other
 * classes (where it draws), salt and pepper, Gaussian noise, and blends with flat grey images and with random ones. About
 * 150 questions, 600 at most.
 */
export function startingPoints(target: AttackedImage): Float32Array[] {
  const { original, random } = target;
  const found: Float32Array[] = [];
  const follow = (at: (place: number) => Float32Array, most: number, isWhole = false): void => {
    const place = firstAlong(target, at, { most, isWhole });
    if (place !== undefined) found.push(at(place));
  };
  for (const image of redrawings(target)) follow((share) => blended(original, image, share), 1);
  for (const grey of [0, 0.5, 1])
    follow(
      (share) =>
        blended(
          original,
          original.map(() => grey),
          share,
        ),
      1,
    );
  for (let draw = 0; draw < (found.length > 0 ? DRAWS : MOST_DRAWS); ++draw) {
    const noise = drawNoisyPixels(original, random);
    follow(noise.at, original.length, true);
    const direction = original.map(() => random.normal());
    follow((scale) => moved(original, direction, scale), LARGEST_SCALE);
    const other = original.map(() => random.uniform());
    follow((share) => blended(original, other, share), 1);
  }
  return found.sort((one, other) => target.distanceOf(one) - target.distanceOf(other));
}

/** How the nearest other classes draw the image. */
function redrawings(target: AttackedImage): Float32Array[] {
  if (target.model.explain === undefined) return [];
  const { losses, classes } = target.explain(target.original);
  return target
    .rivals(losses)
    .slice(0, RIVALS)
    .map((rival) =>
      Float32Array.from(classes[rival]?.reconstruction ?? [], (value) => Math.min(1, Math.max(0, value))),
    );
}
