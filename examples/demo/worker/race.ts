import { CLASSES, PIXELS } from "../exchange.ts";
import { bytesOf } from "./bytes.ts";
import { loadClassifier } from "./models.ts";
import type { Respond } from "./task.ts";

// Ten descents side by side, one step of each at a time: what the paper does 50 times per class, from the middle of each class
// instead of the best of thousands of samples. The classifier's own search, which needs few evaluations and tells their losses but
// no redrawing before the last, has the last word.

const STEPS = 48;
/** Adam's (Kingma and Ba 2015): its step, which shrinks to a tenth, and its two means. Chosen by eye on drawings. */
const STEP_SIZE = 0.25;
const MEAN = 0.8;
const SQUARE_MEAN = 0.95;
/** Searches stay within this norm, as the library's do. */
const LONGEST_LATENT = 5;
/** Of the certificate that is shown beside the decision. */
const SMOOTHING = { sigma: 0.25, samples: 500 };

interface Racer {
  readonly latent: Float32Array;
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/** How every class comes to redraw the image, and what decides. */
export const race: Respond<"race"> = async ({ image }, { tell, isWanted }) => {
  const abs = await loadClassifier();
  const racers = Array.from(
    { length: CLASSES },
    (): Racer => ({
      latent: new Float32Array(abs.latents),
      mean: new Float32Array(abs.latents),
      square: new Float32Array(abs.latents),
    }),
  );
  for (let step = 0; step <= STEPS; ++step) {
    const losses: number[] = [];
    const redrawings = new Uint8Array(CLASSES * PIXELS);
    racers.forEach((racer, label) => {
      const { loss, gradient, reconstruction } = abs.evaluate(image, label, racer.latent);
      losses.push(loss);
      redrawings.set(bytesOf(reconstruction), label * PIXELS);
      descend(racer, gradient, step);
    });
    tell({ step, steps: STEPS, losses, redrawings });
    if (!(await isWanted())) return undefined;
  }
  const { label, runnerUp, losses, classes, image: seen, advantage, radiusEstimate, evaluations } = abs.explain(image);
  const redrawings = new Uint8Array(CLASSES * PIXELS);
  classes.forEach(({ reconstruction }, index) => {
    redrawings.set(bytesOf(reconstruction), index * PIXELS);
  });
  if (!(await isWanted())) return undefined;
  return {
    label,
    runnerUp,
    losses: Array.from(losses),
    redrawings,
    seen: bytesOf(seen),
    advantage,
    estimate: radiusEstimate,
    certificate: abs.certify(image, SMOOTHING),
    evaluations: { shown: CLASSES * (STEPS + 1), searched: evaluations },
  };
};

function descend({ latent, mean, square }: Racer, gradient: Float32Array, step: number): void {
  const length = STEP_SIZE * (1 - (0.9 * step) / STEPS);
  let norm = 0;
  gradient.forEach((slope, index) => {
    mean[index] = MEAN * (mean[index] as number) + (1 - MEAN) * slope;
    square[index] = SQUARE_MEAN * (square[index] as number) + (1 - SQUARE_MEAN) * slope ** 2;
    const direction = (mean[index] as number) / (1 - MEAN ** (step + 1));
    const spread = Math.sqrt((square[index] as number) / (1 - SQUARE_MEAN ** (step + 1)));
    if (spread > 0) latent[index] = (latent[index] as number) - (length * direction) / spread;
    norm += (latent[index] as number) ** 2;
  });
  const shrink = LONGEST_LATENT / Math.sqrt(norm);
  if (shrink < 1)
    for (let index = 0; index < latent.length; ++index) latent[index] = shrink * (latent[index] as number);
}
