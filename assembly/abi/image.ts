import { doubles, floats } from "../bytes";
import { allocateDescent, Descent } from "../inference/bfgs";
import * as binary from "../inference/binary";
import * as comparison from "../inference/comparison";
import * as looks from "../inference/race/looks";
import * as proposals from "../inference/race/proposals";
import { allocate } from "../layout";
import * as sizes from "../sizes";

// The image in place, the one after it, and what a search of it leaves: buffers that stay where they are from one `load` to the
// next, and what is known of their content.

export let image: usize = 0;
export let nextImage: usize = 0;
export let latents: usize = 0;
export let losses: usize = 0;
export let reconstruction: usize = 0;
export let gradient: usize = 0;
export let probabilities: usize = 0;
/** f32 [3][latents]: for a descent by Adam. */
export let scratch: usize = 0;
export let descent: Descent = changetype<Descent>(0);
/** Whether the image and the next one make a pair, for both of which latents are proposed when the first one races. */
let isPair: bool = false;
/** Whether latents and losses are those that a search found for the image. */
export let isSearched: bool = false;
/** Whether that search was a race, which keeps its winner's reconstruction and can be settled. */
export let isRaced: bool = false;

/** Reserves the buffers for the model in place; what memory does not allow shows in `exhausted`. */
export function reserveBuffers(): void {
  image = allocate(floats(sizes.PIXELS));
  nextImage = allocate(floats(sizes.PIXELS));
  latents = allocate(floats(sizes.classes * sizes.latents));
  losses = allocate(floats(sizes.classes));
  reconstruction = allocate(floats(sizes.PIXELS));
  gradient = allocate(floats(sizes.latents));
  probabilities = allocate(doubles(sizes.classes));
  scratch = allocate(floats(3 * sizes.latents));
  descent = allocateDescent();
}

/**
 * f32 [784], in [0, 1]: the image that searches look at. Whoever writes it calls `presentImage` or `presentImagePair`, which
 * leave there what the model sees of it.
 */
export function imageAddress(): usize {
  return image;
}

/** f32 [784], in [0, 1]: the second image of a pair. */
export function nextImageAddress(): usize {
  return nextImage;
}

/** f32 [classes][latents]: what the last search found, or what the caller wrote since, for the calls that decode a latent. */
export function latentsAddress(): usize {
  return latents;
}

/** f32 [classes]: losses that the last search found, times the class scales; +∞ for a class that cannot redraw the image. */
export function lossesAddress(): usize {
  return losses;
}

/** f32 [784]: what `reconstruct` left. */
export function reconstructionAddress(): usize {
  return reconstruction;
}

/** f32 [latents]: what `evaluateWithGradient` left. */
export function gradientAddress(): usize {
  return gradient;
}

/** f64 [classes]: what `paperProbabilities` or `calibratedProbabilities` left. */
export function probabilitiesAddress(): usize {
  return probabilities;
}

/** Turns the image at `address`, f32 [784], into 1 where it is at least `threshold` and 0 elsewhere. */
export function thresholdImage(address: usize, threshold: f32): void {
  binary.thresholdImage(address, threshold);
}

/** Says that the image is a new one, which the model sees through its response curve: nothing is known of it yet. */
export function presentImage(): void {
  comparison.see(image);
  forgetImage();
}

/**
 * The same for the image and the next one, which will come after it (`presentNext`): where they race, latents are proposed
 * for both at once, which is faster and gives the same bits.
 */
export function presentImagePair(): void {
  comparison.see(image);
  comparison.see(nextImage);
  forgetImage();
  isPair = true;
}

/** Makes the second image the image. */
export function takeNext(): void {
  memory.copy(image, nextImage, floats(sizes.PIXELS));
  isPair = false;
  noteSearch(false, false);
  looks.forget();
  proposals.presentSecond();
}

/** Forgets what is known of the image. */
export function forgetImage(): void {
  isPair = false;
  noteSearch(false, false);
  looks.forget();
  proposals.forget();
}

/** Keeps what the last search left. */
export function noteSearch(searched: bool, raced: bool): void {
  isSearched = searched;
  isRaced = raced;
}

/** Says that latents and losses no longer belong to a race. */
export function noteLabelled(): void {
  isRaced = false;
}

/** Proposes latents for the image, unless that was done. */
export function proposeOnce(): void {
  if (proposals.isProposed) return;
  if (isPair) proposals.proposePair(image, nextImage);
  else proposals.propose(image);
}

/** Where the class's latent lies. */
export function latentOf(classIndex: i32): usize {
  return latents + floats(classIndex * sizes.latents);
}
