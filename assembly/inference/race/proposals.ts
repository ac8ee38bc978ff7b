// From an image to its coefficients in the basis, and from those to a few latents of every class.

import * as plan from "../../decoder/plan";
import { allocate } from "../../layout";
import { transformForward } from "../../vector/matrix";
import { silu_f32x4 } from "../../vector/silu";
import { sum_f32x4 } from "../../vector/sum";
import * as tables from "./tables";

/** f32 [784]: the image less the mean. */
let centred: usize = 0;
/** f32 [coefficients]. */
let found: usize = 0;
let zeros: usize = 0;
let hidden: usize = 0;
/** f32 [classes][candidates][latents]. */
let latents: usize = 0;
/** ‖x⊥‖², what the basis cannot show of the presented image. */
export let outside: f32 = 0;

/** Reserves buffers for the loaded tables; false when memory runs out. */
export function reserve(): bool {
  centred = allocate((<usize>plan.PIXELS) << 2);
  found = allocate((<usize>tables.coefficients) << 2);
  zeros = allocate((<usize>tables.coefficients) << 2);
  hidden = allocate((<usize>tables.proposalFirst.outputs) << 2);
  latents = allocate((<usize>tables.proposalSecond.outputs) << 2);
  return centred != 0 && found != 0 && zeros != 0 && hidden != 0 && latents != 0;
}

/** f32 [coefficients] of the image last given to `propose`. */
export function coefficients(): usize {
  return found;
}

/** The candidate's latent, f32 [latents]; it may lie outside the sphere. */
export function latentOf(classIndex: i32, candidate: i32): usize {
  return latents + ((<usize>((classIndex * tables.candidates + candidate) * plan.latents)) << 2);
}

/** Finds the image's coefficients and proposes latents for every class. */
export function propose(image: usize): void {
  let squares = f32x4.splat(0);
  for (let at: usize = 0; at < (<usize>plan.PIXELS) << 2; at += 16) {
    const difference = f32x4.sub(v128.load(image + at), v128.load(tables.mean + at));
    squares = f32x4.add(squares, f32x4.mul(difference, difference));
    v128.store(centred + at, difference);
  }
  transformForward(tables.basis, zeros, centred, plan.PIXELS, found, tables.coefficients);
  let inside = f32x4.splat(0);
  for (let at: usize = 0; at < (<usize>tables.coefficients) << 2; at += 16) {
    const value = v128.load(found + at);
    inside = f32x4.add(inside, f32x4.mul(value, value));
  }
  // Stored rows of the basis are orthonormal only nearly, so the difference may fall below zero by rounding.
  outside = max<f32>(0, sum_f32x4(squares) - sum_f32x4(inside));
  const first = tables.proposalFirst;
  transformForward(first.weights, first.bias, found, tables.coefficients, hidden, first.outputs);
  for (let at: usize = 0; at < (<usize>first.outputs) << 2; at += 16) {
    v128.store(hidden + at, silu_f32x4(v128.load(hidden + at)));
  }
  const second = tables.proposalSecond;
  transformForward(second.weights, second.bias, hidden, second.inputs, latents, second.outputs);
}
