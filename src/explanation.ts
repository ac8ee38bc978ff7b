import { IMAGE_PIXELS } from "../format/image.ts";
import { AS_GIVEN } from "../format/views.ts";
import { estimateRadius } from "./certify/radius-estimate.ts";
import type { Engine } from "./engine.ts";
import type { ClassExplanation, Classification, Explanation } from "./results.ts";
import { smallest } from "./search.ts";
import { throughView, viewOf } from "./views.ts";

// What the engine knows of the image that it has searched last, every class as far as the label's.

/** The decision with what it rests on: redrawings, what speaks for the winner, and the estimate of a radius. */
export function explained(engine: Engine, classification: Classification): Explanation {
  const { label, losses } = classification;
  const classes = Array.from(losses, (_, index) => ({
    loss: losses[index] as number,
    latent: engine.latent(index),
    descent: engine.trail(index),
    ...engine.redraw(index),
  }));
  const runnerUp = smallest(losses, label);
  const seen = engine.image();
  const errorOf = (index: number, x: number, pixel: number): number =>
    (engine.classScales[index] as number) *
    countedError(engine, x - ((classes[index] as ClassExplanation).reconstruction[pixel] as number));
  const advantage = seen.map((x, pixel) => errorOf(runnerUp, x, pixel) - errorOf(label, x, pixel));
  const explanation = { ...classification, runnerUp, classes, view: viewOf(engine.view), image: seen, advantage };
  if (engine.isBinary) return explanation;
  // A pixel of the image may be many of a view's, and another view may be chosen as soon as it changes.
  if (engine.view !== AS_GIVEN) return explanation;
  // The estimate is about squared distances: what is tolerated of an error is taken off before, and changes with the image
  // no faster than the error does.
  const approached = (reconstruction: Float32Array): Float32Array =>
    reconstruction.map((value, pixel) => {
      const residual = (seen[pixel] as number) - value;
      return (seen[pixel] as number) - residual * Math.sqrt(countedShare(engine, residual));
    });
  const redrawings = classes.map((found) =>
    Number.isFinite(found.loss)
      ? {
          reconstruction: approached(found.reconstruction),
          penalty: priorTerm(engine, found.latent) + photometricTerm(engine, found),
        }
      : undefined,
  );
  const { l2, linf } = estimateRadius(seen, label, redrawings);
  // The curve stretches what is changed by its slope at most.
  const { response = 1 } = engine.assumptions;
  return { ...explanation, radiusEstimate: { l2: l2 / response, linf: linf / response } };
}

/**
 * Per class the loss's derivative with respect to the image as the model sees it: ρ'(u − a G(z*) − b) / 784, times its scale.
 *
 * @param given 784 values, the image as it was given: where another view of it was chosen, derivatives find their way back
 */
export function imageGradients(engine: Engine, given: Float32Array): Float32Array[] {
  const seen = engine.image();
  const sources = engine.view === AS_GIVEN ? undefined : engine.viewSources();
  return Array.from({ length: engine.classes }, (_, index) => {
    const { reconstruction } = engine.redraw(index);
    const scale = engine.classScales[index] as number;
    const gradient = seen.map((x, pixel) => {
      const residual = x - (reconstruction[pixel] as number);
      return (scale * 2 * residual * countedShare(engine, residual) ** 2) / IMAGE_PIXELS;
    });
    return sources === undefined ? gradient : throughView(gradient, sources, given);
  });
}

/** ρ(r) = r² / (1 + r²/τ²), or r² in a model without tolerance. */
function countedError(engine: Engine, residual: number): number {
  return residual ** 2 * countedShare(engine, residual);
}

/** ρ(r) / r²; its square is ρ'(r) / 2r. */
function countedShare({ assumptions: { tolerance } }: Engine, residual: number): number {
  return tolerance === undefined ? 1 : 1 / (1 + (residual / tolerance) ** 2);
}

/** What gain and offset add to the error under their priors. */
function photometricTerm({ assumptions: { photometry } }: Engine, { gain, offset }: ClassExplanation): number {
  return photometry === undefined ? 0 : photometry.gain * (gain - 1) ** 2 + photometry.offset * offset ** 2;
}

/** What a latent adds to ‖x − G(z)‖² under the prior: β ½‖z‖². */
export function priorTerm({ beta }: Engine, latent: Float32Array): number {
  return (beta / 2) * latent.reduce((sum, value) => sum + value ** 2, 0);
}
