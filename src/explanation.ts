import { IMAGE_PIXELS } from "../format/image.ts";
import { estimateRadius } from "./certify/radius-estimate.ts";
import type { Engine } from "./engine.ts";
import type { ClassExplanation, Classification, Explanation } from "./results.ts";
import { smallest } from "./search.ts";

// What the engine knows of the image that it has searched last, every class as far as the label's.

/** The decision with what it rests on: redrawings, what speaks for the winner, and the estimate of a radius. */
export function explained(engine: Engine, classification: Classification): Explanation {
  const { label, losses } = classification;
  const classes = Array.from(losses, (_, index) => ({
    loss: losses[index] as number,
    latent: engine.latent(index),
    reconstruction: engine.reconstruct(index),
  }));
  const runnerUp = smallest(losses, label);
  const seen = engine.image();
  const errorOf = (index: number, x: number, pixel: number): number =>
    (engine.classScales[index] as number) *
    (x - ((classes[index] as ClassExplanation).reconstruction[pixel] as number)) ** 2;
  const advantage = seen.map((x, pixel) => errorOf(runnerUp, x, pixel) - errorOf(label, x, pixel));
  const explanation = { ...classification, runnerUp, classes, image: seen, advantage };
  if (engine.isBinary) return explanation;
  const redrawings = classes.map(({ loss, latent, reconstruction }) =>
    Number.isFinite(loss) ? { reconstruction, penalty: priorTerm(engine, latent) } : undefined,
  );
  return { ...explanation, radiusEstimate: estimateRadius(seen, label, redrawings) };
}

/** Per class the loss's derivative with respect to the image as the model sees it: 2 (x − G(z*)) / 784, times its scale. */
export function imageGradients(engine: Engine): Float32Array[] {
  const seen = engine.image();
  return Array.from({ length: engine.classes }, (_, index) => {
    const reconstruction = engine.reconstruct(index);
    const factor = 2 * (engine.classScales[index] as number);
    return seen.map((x, pixel) => (factor * (x - (reconstruction[pixel] as number))) / IMAGE_PIXELS);
  });
}

/** What a latent adds to ‖x − G(z)‖² under the prior: β ½‖z‖². */
export function priorTerm({ beta }: Engine, latent: Float32Array): number {
  return (beta / 2) * latent.reduce((sum, value) => sum + value ** 2, 0);
}
