// The bundle: a model as flat bytes, made from a weights file by src/weights/bundle.ts, which checks everything
// first. The build freezes one into the module; custom weights are written into memory by the engine.
// All numbers are little-endian; offsets count bytes from the bundle's start and are multiples of 4.

/** "ABSB", then the version that src/weights/bundle.ts writes. */
export const BUNDLE_MAGIC: u32 = 0x42534241;
export const BUNDLE_VERSION: u32 = 3;

/** Where a tensor lies and in which form, see decoder/stored.ts; three fields of a header or layer. */
@unmanaged
export class BundleTensor {
  element: u32;
  offset: u32;
  /** f32, for I8 only. */
  scalesOffset: u32;
}

/** The bundle's first 60 bytes; `layerCount` layer descriptions follow. */
@unmanaged
export class BundleHeader {
  magic: u32;
  version: u32;
  classes: u32;
  latents: u32;
  layerCount: u32;
  /** Prototypes a class; 0 when the file has none. */
  prototypes: u32;
  /** Weight of ½‖z‖² in the loss. */
  beta: f32;
  /** Largest ‖z‖ a search may reach. */
  sphereRadius: f32;
  metadataOffset: u32;
  metadataLength: u32;
  /** A tensor [classes][prototypes][latents], with scales [classes][latents]. */
  prototypesElement: u32;
  prototypesOffset: u32;
  prototypesScalesOffset: u32;
  /** Of a BundleRace; 0 when the file has no tables for the race. */
  raceOffset: u32;
  length: u32;
}

/**
 * Sizes of the race's tables, followed by the descriptions of 13 tensors (see below). Weights lie as [inputs][outputs] with a
 * scale an output, class after class where there are several.
 */
@unmanaged
export class BundleRace {
  coefficients: u32;
  surrogateHidden: u32;
  proposalHidden: u32;
  /** Latents proposed a class. */
  candidates: u32;
}

/** Places of the race's tensors; weights and bias follow each other, two layers of proposals and three of surrogates. */
export const BASIS: u32 = 0;
export const MEAN: u32 = 1;
export const PROPOSAL: u32 = 2;
export const SURROGATES: u32 = 6;
export const METRICS: u32 = 12;

export const DENSE: u32 = 0;
export const TRANSPOSED_CONVOLUTION: u32 = 1;

/** One layer with weights, 64 bytes. Activations are implied: ELU between layers, sigmoid behind the last. */
@unmanaged
export class BundleLayer {
  kind: u32;
  inputChannels: u32;
  inputHeight: u32;
  inputWidth: u32;
  outputChannels: u32;
  outputHeight: u32;
  outputWidth: u32;
  /** 0 for dense, as are stride and padding. */
  kernel: u32;
  stride: u32;
  padding: u32;
  /**
   * A tensor [classes][input row, column, channel][output row, column, channel], or
   * [classes][input channel][row][column][output channel].
   */
  weightsElement: u32;
  weightsOffset: u32;
  /** [classes][output channel] for dense, otherwise as the bias lies: a tap's phase is its row and column mod `stride`. */
  weightsScalesOffset: u32;
  /**
   * A tensor [classes][output row, column, channel] for dense, otherwise [classes][row phase][column phase][output
   * channel] with `stride` phases either way (see decoder/transposedConvolution.ts).
   */
  biasElement: u32;
  biasOffset: u32;
  /** As those of the weights. */
  biasScalesOffset: u32;
}

export function prototypesOf(header: BundleHeader): BundleTensor {
  return changetype<BundleTensor>(changetype<usize>(header) + offsetof<BundleHeader>("prototypesElement"));
}

export function weightsOf(layer: BundleLayer): BundleTensor {
  return changetype<BundleTensor>(changetype<usize>(layer) + offsetof<BundleLayer>("weightsElement"));
}

export function biasOf(layer: BundleLayer): BundleTensor {
  return changetype<BundleTensor>(changetype<usize>(layer) + offsetof<BundleLayer>("biasElement"));
}

export function bundleLayer(bundle: usize, index: u32): BundleLayer {
  return changetype<BundleLayer>(bundle + offsetof<BundleHeader>() + index * offsetof<BundleLayer>());
}

export function raceOf(bundle: usize): BundleRace {
  return changetype<BundleRace>(bundle + changetype<BundleHeader>(bundle).raceOffset);
}

export function raceTensor(race: BundleRace, index: u32): BundleTensor {
  return changetype<BundleTensor>(changetype<usize>(race) + offsetof<BundleRace>() + index * offsetof<BundleTensor>());
}
