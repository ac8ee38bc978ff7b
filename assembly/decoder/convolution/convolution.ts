// The door to all ways of running a convolution, and the one place that chooses between them. Every algorithm is a file with
// the same exports:
//
//   applies(layer)                               whether it can run the layer; its planes are described, not yet in place
//   inputMargins(layer, margins)                 zeros that the forward pass reads around the input
//   gradientMargins(layer, margins)              zeros that the gradient reads around the derivative of the output
//   weightBytes(layer)                           of one class's packed weights, in each direction
//   workspaceBytes(layer)                        of what it needs while it runs
//   pack(layer, source, forward, gradient)       one class's weights for both directions, from f32 [input channel][row]
//                                                [column][output channel]; both targets are zeroed
//   forward(layer, classIndex, workspace)        the output before the activation, bias included
//   gradient(layer, classIndex, workspace)       the derivative with respect to the input, from the one with respect to
//                                                the output before the activation
//
// To add one, write such a file, give it a number here and a case in each switch.

import { floats, manyFloats } from "../../bytes";
import { Layer } from "../layer";
import { Margins } from "../planes";
import { expand, storedBytes } from "../stored";
import * as direct from "./direct";
import * as pairs from "./pairs";
import * as phases from "./phases";
import * as shuffledOutput from "./shuffled-output";

export const DIRECT: i32 = 0;
export const PHASES: i32 = 1;
export const PAIRS: i32 = 2;
export const SHUFFLED_OUTPUT: i32 = 3;

/** Decides how a layer is run, from its shape alone. */
export function choose(layer: Layer): void {
  if (phases.applies(layer)) layer.algorithm = PHASES;
  else if (pairs.applies(layer)) layer.algorithm = PAIRS;
  else if (shuffledOutput.applies(layer)) layer.algorithm = SHUFFLED_OUTPUT;
  else layer.algorithm = DIRECT;
}

export function inputMargins(layer: Layer, margins: Margins): void {
  switch (layer.algorithm) {
    case PHASES:
      phases.inputMargins(layer, margins);
      break;
    case PAIRS:
      pairs.inputMargins(layer, margins);
      break;
    case SHUFFLED_OUTPUT:
      shuffledOutput.inputMargins(layer, margins);
      break;
    default:
      direct.inputMargins(layer, margins);
  }
}

export function gradientMargins(layer: Layer, margins: Margins): void {
  switch (layer.algorithm) {
    case PHASES:
      phases.gradientMargins(layer, margins);
      break;
    case PAIRS:
      pairs.gradientMargins(layer, margins);
      break;
    case SHUFFLED_OUTPUT:
      shuffledOutput.gradientMargins(layer, margins);
      break;
    default:
      direct.gradientMargins(layer, margins);
  }
}

export function weightBytes(layer: Layer): u64 {
  switch (layer.algorithm) {
    case PHASES:
      return phases.weightBytes(layer);
    case PAIRS:
      return pairs.weightBytes(layer);
    case SHUFFLED_OUTPUT:
      return shuffledOutput.weightBytes(layer);
    default:
      return direct.weightBytes(layer);
  }
}

export function workspaceBytes(layer: Layer): u64 {
  switch (layer.algorithm) {
    case PHASES:
      return phases.workspaceBytes(layer);
    case PAIRS:
      return pairs.workspaceBytes(layer);
    case SHUFFLED_OUTPUT:
      return shuffledOutput.workspaceBytes(layer);
    default:
      return direct.workspaceBytes(layer);
  }
}

export function pack(layer: Layer, source: usize, forward: usize, gradient: usize): void {
  switch (layer.algorithm) {
    case PHASES:
      phases.pack(layer, source, forward, gradient);
      break;
    case PAIRS:
      pairs.pack(layer, source, forward, gradient);
      break;
    case SHUFFLED_OUTPUT:
      shuffledOutput.pack(layer, source, forward, gradient);
      break;
    default:
      direct.pack(layer, source, forward, gradient);
  }
}

export function forward(layer: Layer, classIndex: i32, workspace: usize): void {
  switch (layer.algorithm) {
    case PHASES:
      phases.forward(layer, classIndex, workspace);
      break;
    case PAIRS:
      pairs.forward(layer, classIndex, workspace);
      break;
    case SHUFFLED_OUTPUT:
      shuffledOutput.forward(layer, classIndex, workspace);
      break;
    default:
      direct.forward(layer, classIndex, workspace);
  }
}

export function gradient(layer: Layer, classIndex: i32, workspace: usize): void {
  switch (layer.algorithm) {
    case PHASES:
      phases.gradient(layer, classIndex, workspace);
      break;
    case PAIRS:
      pairs.gradient(layer, classIndex, workspace);
      break;
    case SHUFFLED_OUTPUT:
      shuffledOutput.gradient(layer, classIndex, workspace);
      break;
    default:
      direct.gradient(layer, classIndex, workspace);
  }
}

// What is the same whatever the algorithm: the weights as the bundle stores them, and the bias.

/** Values of one class's weights. */
export function weightCount(layer: Layer): u64 {
  return <u64>(layer.kernel * layer.kernel) * layer.inputChannels * layer.outputChannels;
}

/** Values of one class's bias: every channel of every phase. */
export function biasCount(layer: Layer): i32 {
  return layer.stride * layer.stride * layer.outputChannels;
}

/** Bytes of one class's packed bias. */
export function biasBytes(layer: Layer): u64 {
  return manyFloats(<u64>(layer.stride * layer.stride) * layer.output.channels);
}

/** Packs one class's bias, f32 [row phase][column phase][output channel], as the same with channels padded. */
export function packBias(layer: Layer, source: usize, target: usize): void {
  const bytes = floats(layer.outputChannels);
  for (let phase = 0; phase < layer.stride * layer.stride; ++phase) {
    memory.copy(target + floats(phase * layer.output.channels), source + <usize>phase * bytes, bytes);
  }
}

/**
 * Expands one class's weights, stored as [input channel][row][column][output channel], to f32 at `target`. `scales` is
 * f32 [row phase][column phase][output channel]; a tap's phases are its row and column modulo the stride.
 */
export function expandKernel(layer: Layer, element: u32, source: usize, scales: usize, target: usize): void {
  const outputs = layer.outputChannels;
  const step = storedBytes(element, outputs);
  for (let channel = 0; channel < layer.inputChannels; ++channel) {
    for (let y = 0; y < layer.kernel; ++y) {
      for (let x = 0; x < layer.kernel; ++x) {
        const phase = (y % layer.stride) * layer.stride + (x % layer.stride);
        expand(element, source, scales + floats(phase * outputs), target, 1, outputs);
        source += step;
        target += floats(outputs);
      }
    }
  }
}
