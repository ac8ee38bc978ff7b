// The losses that the last search computed with each class's true decoder, in their order: for those who want to see how it came to
// its result. Searches read nothing of it.

import { floats } from "../bytes";
import { allocate } from "../layout";
import * as sizes from "../sizes";

/**
 * Losses kept of each class. No search computes more: the paper's tries up to 64 starts and makes 50 passes, the race at its most
 * thorough follows 3 latents for 26 each.
 */
const CAPACITY: i32 = 128;

/** f32 [classes][CAPACITY]. */
let trails: usize = 0;
/** i32 [classes]. */
let lengths: usize = 0;
/** The same of a search that was set aside. */
let asideTrails: usize = 0;
let asideLengths: usize = 0;

/** Reserves all; what memory does not allow shows in `exhausted`. */
export function reserve(): void {
  trails = allocate(floats(sizes.classes * CAPACITY));
  lengths = allocate(floats(sizes.classes));
  asideTrails = allocate(floats(sizes.classes * CAPACITY));
  asideLengths = allocate(floats(sizes.classes));
}

/** Sets the last search aside, and takes back the one that was. */
export function exchange(): void {
  const otherTrails = asideTrails;
  const otherLengths = asideLengths;
  asideTrails = trails;
  asideLengths = lengths;
  trails = otherTrails;
  lengths = otherLengths;
}

/** Begins all anew. */
export function clear(): void {
  memory.fill(lengths, 0, floats(sizes.classes));
}

/** Appends a loss. */
export function note(classIndex: i32, loss: f32): void {
  const length = lengthOf(classIndex);
  if (length == CAPACITY) return;
  store<f32>(addressOf(classIndex) + floats(length), loss);
  store<i32>(lengths + floats(classIndex), length + 1);
}

/** How many losses there are of the class. */
export function lengthOf(classIndex: i32): i32 {
  return load<i32>(lengths + floats(classIndex));
}

/** Where those of the class begin. */
export function addressOf(classIndex: i32): usize {
  return trails + floats(classIndex * CAPACITY);
}
