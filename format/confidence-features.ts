// What the fitted confidence looks at (docs/weights-format.md, "Confidence"): the names and places of its features and
// penalties, and the units in which it counts them. Both compilers read this file; the trainer's training/abs_training/confidence/evidence.py and
// the document have copies, which test/inference/confidence-features.test.ts compares with it.

/** Places of the features of the gate's network. Members are named as in a weights file. */
export enum Feature {
  /** ρ of the blurred image and the blurred reconstruction. */
  correlation,
  /** ln of 1 − ρ², floored. */
  log_unexplained,
  /** Share of the squared error that a blur keeps. */
  whiteness,
  /** Share of the blurred squared error that a second blur keeps. */
  smoothness,
  /** Blurred squared error, of itself and the blurred image's square together. */
  error_share,
  /** ln(1 + blurred squared error). */
  log_blurred_error,
  /** ln(1 + squared error in units). */
  log_error,
  /** Of the two lowest losses: their difference over their sum. */
  margin,
  /** Its ln, floored. */
  log_margin,
  /** ½‖z‖² of the winner. */
  latent,
  /** Mean of the image. */
  brightness,
  /** Largest absolute value of the residual blurred twice. */
  largest_error,
  /** How much stronger the image is than its reconstruction, capped. */
  contrast,
  /** Share of the blurred squared error where the image is brighter than its reconstruction. */
  missing_share,
  /** ln(1 + blurred image's square in units). */
  log_blurred_image,
  /** Gain and offset of the winner's redrawing. */
  gain,
  offset,
  /** For each class, of its loss and the lowest: ln of their difference over their sum, floored. As many places as classes. */
  class_margins,
}

/** How many features have one place. */
export const SINGLE_FEATURE_COUNT = Feature.class_margins;
/** How many a file of version 2 has: the first ones, for its redrawings have neither gain nor offset. */
export const FIRST_FEATURE_COUNT = Feature.gain;

/** Features of one place for each block of the image, row by row. They follow the margins of all classes. */
export enum FeatureMap {
  /** Mean of the image. */
  image_map,
  /** Mean of the residual. */
  error_map,
}

/** How many such features there are. */
export const MAP_COUNT = FeatureMap.error_map + 1;
/** Pixels along a block's side. */
export const BLOCK_SIDE = 4;
/** How many blocks an image has. */
export const BLOCK_COUNT = 49;
/** How many places the maps have together. */
export const MAP_PLACE_COUNT = MAP_COUNT * BLOCK_COUNT;

/** Places of the penalties, which the gate's logit falls with, without bound. They follow all features. */
export enum Penalty {
  /** Blurred squared error in units. */
  blurred_error,
  /** Squared error in units. */
  error,
  /** ½‖z‖² of the winner in units. */
  latent,
}

/** How many penalties there are. */
export const PENALTY_COUNT = Penalty.latent + 1;

// The numbers below are round ones that came with the first fit, chosen by hand to bring each feature to the order of 1.
// The fit standardises every feature and weighs every penalty, so a unit decides only where a logarithm bends and how finely
// a parameter is stored. They belong to the weights files that exist: another number gives another feature. What is said
// of clean digits are quantiles over the validation digits, as `npx tsx bench/confidence-features.ts --data DIR` prints them.

/** Keeps quotients of nothing by nothing, as of an empty image, at nothing. */
export const SMALL = 1e-6;

/** Floor of 1 − ρ² before its ln: −6.9, where clean digits have −4.6 at the first percentile. */
export const UNEXPLAINED_FLOOR = 0.001;

/** Squared pixels that `log_error` and `log_blurred_image` count as 1; a clean digit's squared error is 7.3, the median. */
export const LOG_SQUARES_UNIT = 5.0;

/** Floor of a margin before its ln; clean digits have 0.063 at the first percentile. */
export const MARGIN_FLOOR = 0.003;

/** Cap of the contrast, where it says no more; clean digits have 1.08 at the 99th percentile. */
export const MOST_CONTRAST = 2.0;

/** Squared pixels of the blurred residual that count 1 as a penalty; clean digits have 5.8 at the 99th percentile. */
export const BLURRED_ERROR_UNIT = 10.0;

/** Squared pixels of the residual that count 1 as a penalty; clean digits have 18 at the 99th percentile. */
export const ERROR_UNIT = 100.0;

/** ½‖z‖² that counts 1 as a penalty; clean digits have 4.4 at the 99th percentile. */
export const LATENT_UNIT = 10.0;
