// Adam (Kingma and Ba 2015) on one class's latent, as the paper's inference uses it: fixed step size, projection
// onto the sphere after each update.

import { floats } from "../bytes";
import * as sizes from "../sizes";
import { evaluate, evaluateWithGradient, projectOntoSphere } from "./loss";

const DECAY_FIRST: f64 = 0.9;
const DECAY_SECOND: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/**
 * Descends `latent`, f32 [latents], in place with `updates` updates and returns the loss where it ends, which takes one
 * evaluation more. `reconstruction`, f32 [784], is left with what the decoder draws there; `scratch` holds 3 × latents
 * floats: gradient, first and second moment.
 */
export function descendByAdam(
  classIndex: i32,
  image: usize,
  latent: usize,
  reconstruction: usize,
  updates: i32,
  stepSize: f32,
  scratch: usize,
): f32 {
  const bytes = floats(sizes.latents);
  const gradient = scratch;
  const first = gradient + bytes;
  const second = first + bytes;
  memory.fill(first, 0, 2 * bytes);
  let firstPower: f64 = 1;
  let secondPower: f64 = 1;
  for (let update = 0; update < updates; ++update) {
    evaluateWithGradient(classIndex, image, latent, reconstruction, gradient);
    firstPower *= DECAY_FIRST;
    secondPower *= DECAY_SECOND;
    const step = <f32>(stepSize / (1 - firstPower));
    const correction = <f32>sqrt<f64>(1 - secondPower);
    for (let at: usize = 0; at < bytes; at += 4) {
      const g = load<f32>(gradient + at);
      const m = <f32>DECAY_FIRST * load<f32>(first + at) + <f32>(1 - DECAY_FIRST) * g;
      const v = <f32>DECAY_SECOND * load<f32>(second + at) + <f32>(1 - DECAY_SECOND) * g * g;
      store<f32>(first + at, m);
      store<f32>(second + at, v);
      store<f32>(latent + at, load<f32>(latent + at) - (step * m) / (sqrt<f32>(v) / correction + EPSILON));
    }
    projectOntoSphere(latent);
  }
  return evaluate(classIndex, image, latent, reconstruction);
}
