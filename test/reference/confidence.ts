import {
  BLOCK_COUNT,
  BLOCK_SIDE,
  BLURRED_ERROR_UNIT,
  ERROR_UNIT,
  LATENT_UNIT,
  LOG_SQUARES_UNIT,
  MARGIN_FLOOR,
  MOST_CONTRAST,
  SMALL,
  UNEXPLAINED_FLOOR,
} from "../../format/confidence-features.ts";
import { IMAGE_PIXELS, IMAGE_SIDE } from "../../format/image.ts";
import {
  type CalibratedConfidence,
  FEATURES,
  type FeatureName,
  featureCount,
  hiddenWeightsOf,
  PENALTIES,
  type PenaltyName,
} from "../../src/weights/confidence.ts";

// The calibrated confidence in scalar double precision, written to be read; compare assembly/inference/evidence.ts and
// confidence.ts.

/** What the confidence looks at: an image as seen, the winner's reconstruction and latent, and all classes' losses. */
export interface Redrawing {
  image: ArrayLike<number>;
  /** What the image was compared with: gain · G + offset. */
  reconstruction: ArrayLike<number>;
  /** 1 where it is left out, as of a model that fits none. */
  gain?: number;
  /** 0 where it is left out. */
  offset?: number;
  latent: ArrayLike<number>;
  losses: ArrayLike<number>;
}

/** Mean of each pixel and its eight neighbours; outside the image is zero. */
export function boxBlur(values: readonly number[]): number[] {
  return values.map((_, pixel) => {
    let sum = 0;
    for (let y = Math.floor(pixel / IMAGE_SIDE) - 1; y <= Math.floor(pixel / IMAGE_SIDE) + 1; ++y) {
      for (let x = (pixel % IMAGE_SIDE) - 1; x <= (pixel % IMAGE_SIDE) + 1; ++x) {
        if (y >= 0 && y < IMAGE_SIDE && x >= 0 && x < IMAGE_SIDE) sum += values[y * IMAGE_SIDE + x] as number;
      }
    }
    return sum / 9;
  });
}

/** Means over blocks of 4×4 pixels, row by row. */
export function blockMeans(values: readonly number[]): number[] {
  const across = IMAGE_SIDE / BLOCK_SIDE;
  const means = new Array<number>(BLOCK_COUNT).fill(0);
  values.forEach((value, pixel) => {
    const row = Math.floor(Math.floor(pixel / IMAGE_SIDE) / BLOCK_SIDE);
    const column = Math.floor((pixel % IMAGE_SIDE) / BLOCK_SIDE);
    means[across * row + column] = (means[across * row + column] as number) + value / BLOCK_SIDE ** 2;
  });
  return means;
}

/** The features, those of each class and block after the others, then the penalties, in the order of their names. */
export function referenceFeatures({
  image,
  reconstruction,
  gain = 1,
  offset = 0,
  latent,
  losses,
}: Redrawing): number[] {
  const x = Array.from(image);
  const r = x.map((value, pixel) => value - (reconstruction[pixel] as number));
  const blurredImage = boxBlur(x);
  const blurredResidual = boxBlur(r);
  const twice = boxBlur(blurredResidual);
  const error = dot(r, r);
  const blurredError = dot(blurredResidual, blurredResidual);
  const energy = dot(blurredImage, blurredImage);
  const centredImage = centred(blurredImage);
  const centredResidual = centred(blurredResidual);
  const redrawn = centredImage.map((value, pixel) => value - (centredResidual[pixel] as number));
  const imageVariance = dot(centredImage, centredImage);
  const redrawnVariance = dot(redrawn, redrawn);
  const shared = dot(centredImage, redrawn);
  const product = dot(centredImage, centredResidual);
  const unexplained =
    (imageVariance * dot(centredResidual, centredResidual) - product ** 2) / (imageVariance * redrawnVariance + SMALL);
  const [least = 0, second = 0] = Array.from(losses).sort((a, b) => a - b);
  const marginOf = (loss: number): number => (loss < Infinity ? (loss - least) / (loss + least + SMALL) : 1);
  const margin = marginOf(second);
  const missing = blurredResidual.map((value) => Math.max(value, 0));
  const halfSquare = 0.5 * dot(Array.from(latent), Array.from(latent));
  const features: Record<FeatureName, number | number[]> = {
    correlation: shared / Math.sqrt(imageVariance * redrawnVariance + SMALL),
    log_unexplained: Math.log(Math.min(Math.max(unexplained, 0), 1) + UNEXPLAINED_FLOOR),
    whiteness: blurredError / (error + SMALL),
    smoothness: dot(twice, twice) / (blurredError + SMALL),
    error_share: blurredError / (blurredError + energy + SMALL),
    log_blurred_error: Math.log1p(blurredError),
    log_error: Math.log1p(error / LOG_SQUARES_UNIT),
    margin,
    log_margin: Math.log(margin + MARGIN_FLOOR),
    latent: halfSquare,
    brightness: x.reduce((sum, value) => sum + value, 0) / IMAGE_PIXELS,
    largest_error: Math.max(...twice.map(Math.abs)),
    contrast: Math.min(shared / (redrawnVariance + SMALL), MOST_CONTRAST),
    missing_share: dot(missing, missing) / (blurredError + SMALL),
    log_blurred_image: Math.log1p(energy / LOG_SQUARES_UNIT),
    gain,
    offset,
    class_margins: Array.from(losses, (loss) => Math.log(marginOf(loss) + MARGIN_FLOOR)),
    image_map: blockMeans(x),
    error_map: blockMeans(r),
  };
  const penalties: Record<PenaltyName, number> = {
    blurred_error: blurredError / BLURRED_ERROR_UNIT,
    error: error / ERROR_UNIT,
    latent: halfSquare / LATENT_UNIT,
  };
  return [...FEATURES.flatMap((name) => features[name]), ...PENALTIES.map((name) => penalties[name])];
}

/** The gate's logit for features and penalties. */
export function referenceGateLogit(model: CalibratedConfidence, features: readonly number[]): number {
  const inputs = model.centres.map(
    (centre, index) => ((features[index] as number) - centre) / (model.spreads[index] as number),
  );
  const network = hiddenWeightsOf(model).reduce(
    (sum, weights, unit) =>
      sum +
      (model.outputWeights[unit] as number) * Math.tanh((model.hiddenBiases[unit] as number) + dot(weights, inputs)),
    model.outputBias,
  );
  return network - dot(model.penalties, features.slice(inputs.length));
}

/** The probabilities of all classes. */
export function referenceProbabilities(model: CalibratedConfidence, redrawing: Redrawing): number[] {
  const features = referenceFeatures(redrawing);
  const gate = 1 / (1 + Math.exp(-referenceGateLogit(model, features)));
  const losses = Array.from(redrawing.losses);
  const error = ERROR_UNIT * (features[featureCount(losses.length) + PENALTIES.indexOf("error")] as number);
  const raised = losses.map((loss) =>
    Math.exp((-model.scale * IMAGE_PIXELS * (loss - Math.min(...losses))) / (1 + error / model.widening)),
  );
  const total = raised.reduce((sum, value) => sum + value, 0);
  return raised.map((value) => (gate * value) / total + (1 - gate) / losses.length);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
}

function centred(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}
