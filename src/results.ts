import type { RadiusEstimate } from "./certify/radius-estimate.ts";
import type { View } from "./views.ts";

// What a classifier gives back.

/** What the classifier decided about one image. */
export interface Classification {
  /** The class whose model explains the image best, a whole number from 0: with the shipped weights, the digit. */
  label: number;
  /** That class's name, one of `classes`. */
  name: string;
  /**
   * True when `confidence` lies below the threshold of the weights, which class it is being in doubt; when the image looks
   * like none of the classes, by a stricter measure than `confidence`, which counts such images as rare; or when no class can
   * redraw the image (see `losses`).
   */
  rejected: boolean;
  /**
   * The label's probability, the largest, from 0 to 1. Calibrated: how likely the image shows one of the classes *and* the label is
   * right. Paper: the published formula, which calls most noisy digits junk.
   */
  confidence: number;
  /**
   * One per class, summing to 1; near 1/classes all over when the image is far from the data, and exactly that when no class
   * can redraw it. Calibrated:
   * g · softmax(−s·784·loss / (1 + E/v)) + (1 − g)/classes, where E is the winner's squared error and g how likely the
   * image is one of the classes at all, judged by the winner's redrawing (docs/weights-format.md#confidence).
   * Paper: (e^(−s·loss) + η) / Σ, as published.
   */
  probabilities: Float64Array;
  /**
   * One per class: (error + β ½‖z‖²) / 784 at the best latent z found: the negative ELBO up to constants, per pixel (Schott et al.
   * 2018). The error compares the image with what the decoder draws for z; in the paper's model it is ‖x − G(z)‖², and
   * docs/weights-format.md#the-loss says what else weights may assume. Times the class's scale in `binary-abs`. Under the
   * inference `"race"` only the label's is taken to its end: a class that was dropped keeps the loss at which it
   * was, and one that never came near keeps what its surrogate foretold. No such loss is below the label's.
   *
   * Never NaN, but Infinity for a class that cannot redraw the image, because sums of its weights overflow; JSON writes that
   * as null. The frozen weights have none such. Where all are so, the label is 0, rejected, with the confidence 1/classes.
   */
  losses: Float32Array;
  /**
   * Evaluations of the true decoders spent: those of the search, and under all searches but the race, which keeps what its
   * winner drew, one for the calibrated confidence. Surrogates are not counted; with the shipped weights each of theirs
   * costs a thirtieth of the multiply-adds.
   */
  evaluations: number;
}

/** How one class explains an image. */
export interface ClassExplanation {
  /** The class's loss, as in `losses`. */
  loss: number;
  /** The best latent z found: as many numbers as the classifier's `latents` says. */
  latent: Float32Array;
  /**
   * The losses that the search computed with the class's true decoder, in their order, at most 128: the way to `loss`, which is one of
   * them. A loss that is not below all before it belongs to a step that was tried and not taken, or to another latent of the class.
   * Where the search stopped early there are few; what surrogates foretold is not among them.
   */
  descent: Float32Array;
  /**
   * What the image was compared with: what the class's decoder makes of the latent, 784 values, with gain and offset as fitted
   * to the image: gain · G(z) + offset. Without these it is in [0, 1]. Pixels for which the decoder computes no number are 0;
   * then the loss is Infinity.
   */
  reconstruction: Float32Array;
  /** How strong the ink is next to what the decoder draws; 1 where the weights assume no gain. */
  gain: number;
  /** How bright the ground is; 0 where the weights assume no offset. */
  offset: number;
}

/** A decision with what it rests on. */
export interface Explanation extends Classification {
  /** The class with the second lowest loss, a whole number from 0. */
  runnerUp: number;
  /** One per class, by label. */
  classes: ClassExplanation[];
  /**
   * How the image was looked at in the end: as it was `"given"`; `"centred"`, moved until its centre of mass is in the middle;
   * `"levelled"`, each row or column as its distance from the median of its ends; or `"filled"`, gaps of up to two pixels closed. What is
   * found, `losses` included, is about that view.
   */
  view: View;
  /**
   * What the reconstructions were compared with, 784 values: the view of the image, as the model sees it. In `binary-abs` that is
   * thresholded, and weights may bring a response curve.
   */
  image: Float32Array;
  /**
   * Error of the runner-up minus that of the winner, as counted in the losses, per pixel (784): positive where the winner explains
   * better. In `binary-abs` each error is times the class's scale, as in the losses.
   */
  advantage: Float32Array;
  /**
   * How far the image may change before the label does, estimated from these redrawings: no bound, see `RadiusEstimate`. Left
   * out in `binary-abs`, whose loss jumps where a pixel crosses the threshold, and where `view` is another than `"given"`, whose
   * redrawings are not about the image itself.
   */
  radiusEstimate?: RadiusEstimate;
}

/** Losses and their derivatives with respect to the image. */
export interface LossAndGradient {
  /** One per class, as in a `Classification` of the same image, every class searched as far as the label's. */
  losses: Float32Array;
  /**
   * One per class, 784 finite values each: the loss's derivative with respect to the image as the model sees it, at the best
   * latent z*; in the paper's model 2 (x − G(z*)) / 784. They mean nothing where the loss is Infinity. In `binary-abs` the loss's
   * class scale is a factor (see `lossAndGradient`).
   */
  gradients: Float32Array[];
}

/** One class's redrawing of an image at one latent. */
export interface Evaluation {
  /** The class's loss at the latent, defined as in a `Classification`; Infinity where the class cannot redraw the image. */
  loss: number;
  /** Derivative of `loss` with respect to the latent, as many numbers as it has. It means nothing where the loss is Infinity. */
  gradient: Float32Array;
  /** What the image was compared with, 784 values, as in `ClassExplanation`. */
  reconstruction: Float32Array;
  /** How strong the ink is next to what the decoder draws; 1 where the weights assume no gain. */
  gain: number;
  /** How bright the ground is; 0 where the weights assume no offset. */
  offset: number;
}
