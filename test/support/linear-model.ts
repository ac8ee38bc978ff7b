import type { AttackedModel } from "../../src/attacks/model.ts";
import type { HalfSpace } from "../../src/certify/half-space.ts";
import { Random } from "../../src/random.ts";

/** A model whose second class is a half-space, and an image of the first. */
export interface LinearCase {
  model: Required<Pick<AttackedModel, "classify" | "lossAndGradient">>;
  /** Where the model says 1. */
  halfSpace: HalfSpace;
  image: Float32Array;
}

/** A random linear model of two classes and an image that it takes for 0, not far from the boundary. */
export function linearCase(seed: number, pixels = 40): LinearCase {
  const random = new Random(seed);
  const normal = Float64Array.from({ length: pixels }, () => random.normal());
  const image = Float32Array.from({ length: pixels }, () => random.uniform());
  const offset = product(normal, image) + 0.08 * normal.reduce((sum, weight) => sum + Math.abs(weight), 0);
  return { model: linearModel({ normal, offset }), halfSpace: { normal, offset }, image };
}

/** The model that says 1 in a half-space and 0 elsewhere. */
export function linearModel({ normal, offset }: HalfSpace): LinearCase["model"] {
  const inside = (image: Float32Array): number => product(normal, image) - offset;
  return {
    classify: (image) => ({ label: inside(image) >= 0 ? 1 : 0 }),
    lossAndGradient: (image) => ({ losses: [inside(image), 0], gradients: [normal, normal.map(() => 0)] }),
  };
}

function product(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += (one[at] as number) * (other[at] as number);
  return sum;
}
