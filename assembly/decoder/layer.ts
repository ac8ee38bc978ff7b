// One layer as the kernels see it. Activations lie as rows of pixels, channels innermost (NHWC). Channel counts are
// rounded up to 8 lanes with zeros, except for the 28×28 output plane, which stays one float a pixel. Rows may have margins
// of zeros, so that a window that hangs over the edge reads zeros instead of branching.

/** A buffer of rows: `address` is the first real pixel of the first row. */
@unmanaged
export class Plane {
  address: usize;
  rowBytes: usize;
  height: i32;
  width: i32;
  /** Floats a pixel, padding included. */
  channels: i32;
}

/** Rows and columns of zeros around a plane, which windows over its edges read instead of branching. */
@unmanaged
export class Margins {
  above: i32;
  below: i32;
  left: i32;
  right: i32;
}

/** Run by transposedConvolution.ts. */
export const DIRECT: i32 = 0;
/** Run by phaseConvolution.ts. */
export const PHASES: i32 = 1;
/** Run by pairConvolution.ts. */
export const PAIRS: i32 = 2;
/** Forward by shuffledOutput.ts, its gradient by transposedConvolution.ts. */
export const SHUFFLED_OUTPUT: i32 = 3;

@unmanaged
export class Layer {
  kind: u32;
  inputChannels: i32;
  outputChannels: i32;
  kernel: i32;
  stride: i32;
  padding: i32;
  /** Which file runs a convolution: one of the constants above. */
  algorithm: i32;
  /** Packed weights of class 0 and the distance to the next class, for each direction. */
  forwardWeights: usize;
  forwardClassBytes: usize;
  gradientWeights: usize;
  gradientClassBytes: usize;
  /** One float for each output of a dense layer; for convolutions, all channels for each phase. */
  bias: usize;
  biasClassBytes: usize;
  /** Scratch for dense layers: the inputs in one line, and four partial sums for each. */
  line: usize;
  partialSums: usize;
  input: Plane;
  output: Plane;
  /** Derivatives of the loss with respect to the layer's input, and to its output before the activation. */
  inputGradient: Plane;
  outputGradient: Plane;
}

/** Channels a pixel takes in memory: the next multiple of 8. */
export function storedChannels(channels: i32): i32 {
  return (channels + 7) & ~7;
}
