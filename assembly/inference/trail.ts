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

/** Reserves both; what memory does not allow shows in `exhausted`. */
export function reserve(): void {
  trails = allocate(floats(sizes.classes * CAPACITY));
  lengths = allocate(floats(sizes.classes));
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
