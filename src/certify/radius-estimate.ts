// The lower bound on robustness of Schott et al. 2018 (arXiv:1805.09190), which rests on the global minima of all classes'
// losses. Searches find minima of which nobody knows whether they are global, so what comes out here is an estimate.

/**
 * How far the image is from the nearest other label, estimated after Schott et al. 2018 (arXiv:1805.09190) from the redrawings
 * found. It is no bound: it holds if the searches found the best redrawing of every other class. A better one that they
 * missed makes the true radius smaller. Bounds are those of `certify` and `PrototypeClassifier`.
 */
export interface RadiusEstimate {
  /**
   * In L2: the least over the other classes of (L_c − L_y) / (2 (r + √L_c)), where L = ‖x − G(z)‖² + β ½‖z‖², y is the label
   * and r = ‖x − G_y(z_y)‖. No shorter change can raise L_y and lower L_c by what parts them. Where weights assume more
   * (docs/weights-format.md#the-loss), a G + b stands for G with what its priors add, √ρ for an error's absolute value, and the
   * result is divided by the slope of the response curve: none of them follows a change of the image faster than the change.
   */
  l2: number;
  /**
   * In L∞, likewise: the least of (L_c − L_y) / (2 (‖x − G_y(z_y)‖₁ + √(n L_c))) for n pixels, as a change of all pixels by ε is
   * one of √n ε in L2 to a redrawing that nobody has seen.
   */
  linf: number;
}

/** The best redrawing found of a class. */
export interface Redrawing {
  /** As many values as the image has. */
  readonly reconstruction: ArrayLike<number>;
  /** β ½‖z‖² of its latent. */
  readonly penalty: number;
}

/**
 * Estimates how far an image is from the nearest other label.
 *
 * @param redrawings one per class; undefined for a class that cannot redraw the image, which then is no rival
 * @returns radii of 0 or more: 0 where a rival explains the image as well as the label, or where the label cannot redraw it;
 *   Infinity without a rival
 */
export function estimateRadius(
  image: ArrayLike<number>,
  label: number,
  redrawings: readonly (Redrawing | undefined)[],
): RadiusEstimate {
  const own = redrawings[label];
  if (own === undefined) return { l2: 0, linf: 0 };
  const error = squaredDistance(image, own.reconstruction);
  const differences = sumOfDifferences(image, own.reconstruction);
  const estimate = { l2: Number.POSITIVE_INFINITY, linf: Number.POSITIVE_INFINITY };
  redrawings.forEach((other, index) => {
    if (other === undefined || index === label) return;
    const loss = squaredDistance(image, other.reconstruction) + other.penalty;
    const gap = Math.max(0, loss - error - own.penalty);
    // A rival without any loss leaves no gap, and nothing to divide by.
    const over = (slope: number): number => (gap === 0 ? 0 : gap / (2 * slope));
    estimate.l2 = Math.min(estimate.l2, over(Math.sqrt(error) + Math.sqrt(loss)));
    estimate.linf = Math.min(estimate.linf, over(differences + Math.sqrt(image.length * loss)));
  });
  return estimate;
}

function squaredDistance(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += ((one[at] as number) - (other[at] as number)) ** 2;
  return sum;
}

function sumOfDifferences(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < one.length; ++at) sum += Math.abs((one[at] as number) - (other[at] as number));
  return sum;
}
