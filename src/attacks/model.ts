// What attacks know of the model that they attack.

/** Per class: how badly the class fits the image, and the derivative with respect to the image. */
export interface LossesAndGradients {
  /** One per class; the model's label is the class with the lowest. For a network: the negative logits. */
  losses: ArrayLike<number>;
  /** One per class, as many values each as the image has. A getter may compute each when it is read. */
  gradients: ArrayLike<ArrayLike<number>>;
}

/** The gradient of one class's loss less that of another. */
export function difference({ gradients }: LossesAndGradients, one: number, other: number): Float32Array {
  const subtracted = gradients[other] as ArrayLike<number>;
  return Float32Array.from(
    gradients[one] as ArrayLike<number>,
    (slope, pixel) => slope - (subtracted[pixel] as number),
  );
}

/** How every class would redraw the image, for attacks that walk between redrawings. */
export interface Redrawings {
  losses: ArrayLike<number>;
  classes: ArrayLike<{ reconstruction: ArrayLike<number> }>;
}

/**
 * A model under attack: any function from images of values in [0, 1] to labels. A classifier of this package is one as it
 * stands. What is left out closes the attacks that need it. An answer has to stay as it is when the next question comes.
 */
export interface AttackedModel {
  /** How many classes there are, or their names: a label has to be one of them. Left out, it may be any whole number from 0. */
  classes?: number | readonly unknown[];
  /** The decision that an attack has to turn. */
  classify(image: Float32Array): { label: number };
  /** For attacks along gradients. */
  lossAndGradient?(image: Float32Array): LossesAndGradients;
  /** For attacks that start from what the model draws. */
  explain?(image: Float32Array): Redrawings;
  /**
   * The decision that counts, where `classify` is a quicker one: an image is a success only when this turns too.
   * Left out, `classify` counts.
   */
  confirm?(image: Float32Array): { label: number };
  /**
   * Other searches for the same losses, where a loss is a minimum that a search may miss: from other starting points, longer or
   * shorter. The lower a loss, the nearer it is to the truth.
   */
  searches?: readonly ((image: Float32Array) => LossesAndGradients)[];
  /**
   * What becomes of every pixel before the model sees it, where that is a curve with flat parts: never falling, from [0, 1] to
   * [0, 1]. `lossAndGradient` then has its derivative with respect to the curve's value. The model of black-and-white
   * images sees 1 from .5 on and 0 below.
   */
  response?: ((value: number) => number) | undefined;
}

/** What an attack cannot do without. */
export type Need = "lossAndGradient" | "explain" | "searches" | "response" | "substitute";
