// From an image to its coefficients in the basis, and from those to a few latents of every class. Two images can be looked
// at together, so that they share what is loaded of the tables; the race then takes one after the other.

import { allocate } from "../../layout";
import * as sizes from "../../sizes";
import { transformForward, transformForwardPair } from "../../vector/matrix";
import { silu_f32x4 } from "../../vector/silu";
import { sum_f32x4 } from "../../vector/sum";
import * as tables from "./tables";

/** What is worked out of one image. */
@unmanaged
class Proposed {
  /** f32 [784]: the image less the mean. */
  centred: usize;
  /** f32 [coefficients]. */
  coefficients: usize;
  hidden: usize;
  /** f32 [classes][candidates][latents]. */
  latents: usize;
  /** ‖x⊥‖², what the basis cannot show of the image. */
  outside: f32;
}

let zeros: usize = 0;
let first: Proposed = changetype<Proposed>(0);
let second: Proposed = changetype<Proposed>(0);
/** The one that the race looks at. */
let presented: Proposed = changetype<Proposed>(0);

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  zeros = allocate((<usize>tables.coefficients) << 2);
  first = allocateProposed();
  second = allocateProposed();
  presented = first;
  return zeros != 0 && changetype<usize>(first) != 0 && changetype<usize>(second) != 0;
}

function allocateProposed(): Proposed {
  const none = changetype<Proposed>(0);
  const proposed = changetype<Proposed>(allocate(offsetof<Proposed>()));
  if (proposed == none) return none;
  const pixels = (<usize>sizes.PIXELS) << 2;
  const coefficientBytes = (<usize>tables.coefficients) << 2;
  const hiddenBytes = (<usize>tables.proposalFirst.outputs) << 2;
  const buffer = allocate(pixels + coefficientBytes + hiddenBytes + ((<usize>tables.proposalSecond.outputs) << 2));
  if (buffer == 0) return none;
  proposed.centred = buffer;
  proposed.coefficients = buffer + pixels;
  proposed.hidden = proposed.coefficients + coefficientBytes;
  proposed.latents = proposed.hidden + hiddenBytes;
  return proposed;
}

/** f32 [coefficients] of the image presented. */
export function coefficients(): usize {
  return presented.coefficients;
}

/** ‖x⊥‖² of the image presented. */
export function outside(): f32 {
  return presented.outside;
}

/** The candidate's latent, f32 [latents]; it may lie outside the sphere. */
export function latentOf(classIndex: i32, candidate: i32): usize {
  return presented.latents + ((<usize>((classIndex * tables.candidates + candidate) * sizes.latents)) << 2);
}

/** Proposes latents for every class and presents the image. */
export function propose(image: usize): void {
  presented = first;
  const squares = centre(image, first);
  transformForward(tables.basis, zeros, first.centred, sizes.PIXELS, first.coefficients, tables.coefficients);
  measureOutside(squares, first);
  const inner = tables.proposalFirst;
  transformForward(inner.weights, inner.bias, first.coefficients, tables.coefficients, first.hidden, inner.outputs);
  activate(first);
  const outer = tables.proposalSecond;
  transformForward(outer.weights, outer.bias, first.hidden, outer.inputs, first.latents, outer.outputs);
}

/** The same for two images, of which the first is presented. The same bits. */
export function proposePair(image: usize, next: usize): void {
  presented = first;
  const squares = centre(image, first);
  const nextSquares = centre(next, second);
  transformForwardPair(
    tables.basis,
    zeros,
    first.centred,
    second.centred,
    sizes.PIXELS,
    first.coefficients,
    second.coefficients,
    tables.coefficients,
  );
  measureOutside(squares, first);
  measureOutside(nextSquares, second);
  const inner = tables.proposalFirst;
  transformForwardPair(
    inner.weights,
    inner.bias,
    first.coefficients,
    second.coefficients,
    tables.coefficients,
    first.hidden,
    second.hidden,
    inner.outputs,
  );
  activate(first);
  activate(second);
  const outer = tables.proposalSecond;
  transformForwardPair(
    outer.weights,
    outer.bias,
    first.hidden,
    second.hidden,
    outer.inputs,
    first.latents,
    second.latents,
    outer.outputs,
  );
}

/** Presents the second image of a pair. */
export function presentSecond(): void {
  presented = second;
}

/** x − μ, and its square. */
function centre(image: usize, proposed: Proposed): f32 {
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < (<usize>sizes.PIXELS) << 2; at += 16) {
    const difference = f32x4.sub(v128.load(image + at), v128.load(tables.mean + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(proposed.centred + at, difference);
  }
  return sum_f32x4(squares);
}

function measureOutside(squares: f32, proposed: Proposed): void {
  let inside = f32x4.splat(0);
  for (let at: usize = 0; at < (<usize>tables.coefficients) << 2; at += 16) {
    const value = v128.load(proposed.coefficients + at);
    inside = f32x4.add(inside, f32x4.mul(value, value));
  }
  // Stored rows of the basis are orthonormal only nearly, so the difference may fall below zero by rounding.
  proposed.outside = max<f32>(0, squares - sum_f32x4(inside));
}

function activate(proposed: Proposed): void {
  const end = proposed.hidden + ((<usize>tables.proposalFirst.outputs) << 2);
  for (let at = proposed.hidden; at < end; at += 16) v128.store(at, silu_f32x4(v128.load(at)));
}
