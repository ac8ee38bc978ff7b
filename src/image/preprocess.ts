import { type Box, type Component, enlarge, findComponents, longerSide, overlap } from "./components.ts";
import { pickDigit } from "./digit.ts";
import { findGlare } from "./glare.ts";
import { type GreyImage, toGrey } from "./grey.ts";
import { inkStrength } from "./ink-strength.ts";
import { checkedImage, type PixelImage } from "./pixel-image.ts";
import { FITTED_SIDE, inkBox, placeInFrame, SIDE } from "./placement.ts";
import { findInk, type Ink } from "./polarity.ts";
import { eraseRules } from "./rules.ts";
import { findSheet } from "./sheet.ts";
import { thickenThinStrokes } from "./stroke-width.ts";
import { findCut, findInkLevels, quantile } from "./threshold.ts";
import { windowMaximum, windowMean } from "./window.ts";

export type { Box } from "./components.ts";
export type { PixelData, PixelImage } from "./pixel-image.ts";
export type { Ink } from "./polarity.ts";

/**
 * How much a picture shows: one digit, nothing at all, or several things of like size of which each may be a digit. It
 * says nothing about whether what was found is a digit; the classifier's `rejected` does.
 */
export type Found = "digit" | "nothing" | "several";

/** What {@link preprocess} makes of a picture. */
export interface Preprocessed {
  /** 28×28 values in [0, 1], row-major, bright ink on dark: what the classifier takes. All zero for a blank picture. */
  readonly image: Float32Array;
  /** What the picture shows: `"nothing"` comes with an all-zero image, `"several"` with the image of the heaviest. */
  readonly found: Found;
  /** How the ink lay in the picture. */
  readonly ink: Ink;
  /** Where the digit was found, in pixels of the picture; the whole picture when it is blank. */
  readonly box: Box;
}

/** Larger pictures are reduced to this many pixels along the longer side, which bounds the work. */
const WORKING_SIDE = 800;
/** One pixel of smoothing radius for each so many pixels of side: noise goes, strokes stay. */
const SIDE_PER_BLUR = 300;
/** What is found without smoothing only is a speck unless it is this long beside the picture. */
const LEAST_SHARP_SHARE = 0.04;
/** The strength that this share of the ink stays below counts as full ink: pencil and felt pen are seldom even. */
const FULL_INK_SHARE = 0.6;

/**
 * Turns a picture of a digit into the 28×28 image that the classifier was trained on, by MNIST's recipe: the ink is
 * fitted into 20×20 with its aspect kept, area-averaged, and centred by mass; its contrast fills [0, 1].
 *
 * The picture may be a canvas, a scan or a photograph: any size, grey or colour, dark or bright ink, off centre,
 * unevenly lit, noisy. It should show one digit on a background that reaches the frame. Where luma shows next to
 * nothing, colours are told apart by hue. Rules of lined and squared paper, rings and boxes around the digit, rules below
 * it, specks, and shadows and edges at the frame are left out; pieces of a broken stroke are kept together; pen lines
 * too thin for 28×28 are thickened. Of a sheet or slate that lies on a table only the sheet is looked at, if it is plain, its
 * edges are straight, and the digit keeps clear of them. Round spots of glare are levelled where they are in the way. Not
 * sorted out are rules along a stroke, and bent ones.
 *
 * A picture without ink gives an all-zero image and says so in `found`; of several digits side by side the heaviest is
 * taken, and `found` says that there are more. An image that already is an MNIST frame should be given to the classifier as
 * it is: this function would give nearly the same, softened by a second resampling. `fitsMnist` tells which are.
 *
 * Runs in every runtime, allocates in proportion to the picture only below 800×800 pixels, and inverting the picture
 * changes nothing but `ink`.
 *
 * @param picture `{ data, width, height, channels }`, such as a canvas's `ImageData`. Bytes are 0..255, 16-bit values
 *   0..65535, floats 0..1. One channel is grey, two are grey and alpha, three RGB, four RGB and alpha; left out, the
 *   number of channels follows from the length. Transparency shows white, or black behind bright ink.
 * @returns the image for the classifier, and what was found in the picture
 * @throws {TypeError} when something is of the wrong kind
 * @throws {RangeError} when a size is not a whole number from 1, the length does not fit, or a value is out of its range
 * @example
 * ```js
 * import { preprocess } from "analysis-by-synthesis";
 *
 * const drawing = ["...........", "..######...", ".......#...", "......#....", ".....#.....", "...........", "..........."];
 * const data = Uint8Array.from(drawing.join(""), (ink) => (ink === "#" ? 0 : 255));
 * const seen = preprocess({ data, width: 11, height: 7 });
 * console.log(seen.ink, seen.box); // → dark { left: 2, top: 1, width: 6, height: 4 }
 * console.log(abs.classify(seen.image).name); // → 7
 * ```
 */
export function preprocess(picture: PixelImage): Preprocessed {
  // A copy of the fields, which may be getters: what was checked is what is read.
  const checked = checkedImage(picture);
  const grey = toGrey(checked, WORKING_SIDE);
  const { image, found, ink, box } = findBesideGlare(grey);
  if (box === undefined) {
    return { image, found, ink, box: { left: 0, top: 0, width: checked.width, height: checked.height } };
  }
  return { image, found, ink, box: enlarge(box, grey.factor, checked) };
}

/** What {@link preprocess} makes of a grey picture, the box in its pixels; without one where there is no digit. */
type FoundDigit = Omit<Preprocessed, "box"> & { readonly box: Box | undefined };

/** Where glare lies at what was found, or nothing was found, ink of the other kind is looked for without the glare. */
function findBesideGlare(grey: GreyImage): FoundDigit {
  const first = findOnSheet(grey);
  const { box } = first;
  for (const glare of findGlare(grey)) {
    if (box !== undefined && !glare.boxes.some((spot) => overlap(spot, box))) continue;
    const beside = findOnSheet(glare.grey);
    if (beside.box !== undefined && beside.ink === glare.ink) return beside;
  }
  return first;
}

/** Looks for the digit on the sheet or slate that lies in the picture, if one does. */
function findOnSheet(grey: GreyImage): FoundDigit {
  const sheet = findSheet(grey);
  const digit = sheet === undefined ? undefined : findDigit(sheet.grey);
  // Of a sheet that turned out bare the whole picture may know more.
  if (sheet === undefined || digit?.box === undefined) return findDigit(grey);
  const { box } = digit;
  return { ...digit, box: { ...box, left: box.left + sheet.left, top: box.top + sheet.top } };
}

/** Smoothing hides pen lines far thinner than its window: where nothing is left, the picture is looked at as it is. */
function findDigit(grey: GreyImage): FoundDigit {
  const longer = Math.max(grey.width, grey.height);
  const blurRadius = Math.round(longer / SIDE_PER_BLUR);
  const smoothed = findSmoothed(grey, blurRadius);
  if (smoothed.box !== undefined || blurRadius === 0) return smoothed;
  const sharp = findSmoothed(grey, 0);
  return sharp.box !== undefined && longerSide(sharp.box) >= LEAST_SHARP_SHARE * longer ? sharp : smoothed;
}

/** @param blurRadius pixels on either side of each that are averaged to tell ink from noise */
function findSmoothed(grey: GreyImage, blurRadius: number): FoundDigit {
  const ink = findInk(grey);
  const withRules = inkStrength(grey, ink);
  const smoothWithRules = windowMean(withRules, blurRadius);
  const ruledLevels = findInkLevels(smoothWithRules.values);
  // Narrow squares cover so much of the sheet that only without them there is a background for the digit to stand out from.
  const strength = eraseRules(withRules, ruledLevels?.threshold ?? findCut(smoothWithRules.values));
  const smooth = strength === withRules ? smoothWithRules : windowMean(strength, blurRadius);
  const levels = strength === withRules ? ruledLevels : findInkLevels(smooth.values);
  const blank = { image: new Float32Array(SIDE * SIDE), found: "nothing" as const, ink, box: undefined };
  if (levels === undefined) return blank;

  const components = findComponents(smooth.values, smooth.width, smooth.height, levels.threshold);
  const { parts: digit, several } = pickDigit(components, smooth.width);
  const isolated = isolate(strength, digit, levels.floor, blurRadius + 1);
  const box = inkBox(isolated);
  if (box === undefined) return blank;
  const thickened = thickenThinStrokes(isolated, box, FITTED_SIDE);
  const image = placeInFrame(thickened, inkBox(thickened) ?? box);
  return { image, found: several ? "several" : "digit", ink, box };
}

/** Keeps the digit with its antialiased rim of `margin` pixels, spreads its strength over [0, 1] and clears the rest. */
function isolate(strength: GreyImage, digit: readonly Component[], floor: number, margin: number): GreyImage {
  const { width, height } = strength;
  const core = new Float32Array(width * height);
  for (const component of digit) for (const index of component.pixels) core[index] = 1;
  const inkValues = Float32Array.from(
    digit.flatMap((component) => component.pixels),
    (index) => strength.values[index] as number,
  );
  const full = quantile(inkValues, FULL_INK_SHARE);
  const near = windowMaximum({ values: core, width, height }, margin).values;
  const values = strength.values.map((value, index) =>
    near[index] === 0 ? 0 : Math.max(0, Math.min(1, (value - floor) / Math.max(full - floor, Number.EPSILON))),
  );
  return { values, width, height };
}
