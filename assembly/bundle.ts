// The bundle: a model as flat bytes, made from a weights file by src/weights/bundle.ts, which checks everything
// first. The build freezes one into the module; custom weights are written into memory by the engine.
// All numbers are little-endian; offsets count bytes from the bundle's start and are multiples of 4. Both sides take the
// places of words from format/bundle.ts; this file does not compile when its fields lie elsewhere.

import {
  BETA_WORD,
  BIAS_WORD,
  CANDIDATES_WORD,
  CLASSES_WORD,
  COEFFICIENTS_WORD,
  GAIN_WORD,
  HEADER_WORDS,
  INPUT_WORD,
  KERNEL_WORD,
  KIND_WORD,
  LATENTS_WORD,
  LAYER_COUNT_WORD,
  LAYER_WORDS,
  LENGTH_WORD,
  MAGIC_WORD,
  METADATA_LENGTH_WORD,
  METADATA_OFFSET_WORD,
  OFFSET_WORD,
  OUTPUT_WORD,
  PADDING_WORD,
  PROPOSAL_HIDDEN_WORD,
  PROTOTYPE_COUNT_WORD,
  PROTOTYPES_WORD,
  RACE_OFFSET_WORD,
  RACE_WORDS,
  RESPONSE_WORD,
  SPHERE_RADIUS_WORD,
  STRIDE_WORD,
  SURROGATE_HIDDEN_WORD,
  TENSOR_WORDS,
  TOLERANCE_WORD,
  VERSION_WORD,
  VIEWS_WORD,
  WEIGHTS_WORD,
  WORD_BYTES,
} from "../format/bundle";

/** Where a tensor lies and in which form, see decoder/stored.ts; three fields of a header or layer. */
@unmanaged
export class BundleTensor {
  element: u32;
  offset: u32;
  /** f32, for I8 only. */
  scalesOffset: u32;
}

/** The bundle's first words; `layerCount` layer descriptions follow. */
@unmanaged
export class BundleHeader {
  magic: u32;
  version: u32;
  classes: u32;
  latents: u32;
  layerCount: u32;
  /** Prototypes per class; 0 when the file has none. */
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
  /** Slope of the response curve; 1: none. */
  response: f32;
  /** Weights of (gain − 1)² and offset² in the loss, both 0 where redrawings have neither. */
  gainWeight: f32;
  offsetWeight: f32;
  /** Error of a pixel beyond which it counts less and less; 0: none. */
  tolerance: f32;
  /** Of each kind of view the loss from which on it is tried, and the share of that which its own has to stay below; 0: never. */
  centredDoubt: f32;
  centredShare: f32;
  levelledDoubt: f32;
  levelledShare: f32;
  filledDoubt: f32;
  filledShare: f32;
  length: u32;
}

/**
 * Sizes of the race's tables, followed by the descriptions of 13 tensors (see format/bundle.ts). Weights lie as
 * [inputs][outputs] with a scale per output, class after class where there are several.
 */
@unmanaged
export class BundleRace {
  coefficients: u32;
  surrogateHidden: u32;
  proposalHidden: u32;
  /** Latents proposed for each class. */
  candidates: u32;
}

/** One layer with weights. Activations are implied: ELU between layers, sigmoid after the last. */
@unmanaged
export class BundleLayer {
  /** DENSE or TRANSPOSED_CONVOLUTION. */
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
   * channel] with `stride` phases either way (see decoder/convolution/direct.ts).
   */
  biasElement: u32;
  biasOffset: u32;
  /** As those of the weights. */
  biasScalesOffset: u32;
}

// A branch that is not taken is not compiled.
if (
  offsetof<BundleTensor>() != TENSOR_WORDS * WORD_BYTES ||
  offsetof<BundleTensor>("offset") != WORD_BYTES ||
  offsetof<BundleTensor>("scalesOffset") != 2 * WORD_BYTES
)
  ERROR("BundleTensor is not as format/bundle.ts has it");
if (
  offsetof<BundleHeader>() != HEADER_WORDS * WORD_BYTES ||
  offsetof<BundleHeader>("magic") != MAGIC_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("version") != VERSION_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("classes") != CLASSES_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("latents") != LATENTS_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("layerCount") != LAYER_COUNT_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("prototypes") != PROTOTYPE_COUNT_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("beta") != BETA_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("sphereRadius") != SPHERE_RADIUS_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("metadataOffset") != METADATA_OFFSET_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("metadataLength") != METADATA_LENGTH_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("prototypesElement") != PROTOTYPES_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("raceOffset") != RACE_OFFSET_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("response") != RESPONSE_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("gainWeight") != GAIN_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("offsetWeight") != OFFSET_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("tolerance") != TOLERANCE_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("centredDoubt") != VIEWS_WORD * WORD_BYTES ||
  offsetof<BundleHeader>("length") != LENGTH_WORD * WORD_BYTES
)
  ERROR("BundleHeader is not as format/bundle.ts has it");
if (
  offsetof<BundleLayer>() != LAYER_WORDS * WORD_BYTES ||
  offsetof<BundleLayer>("kind") != KIND_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("inputChannels") != INPUT_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("inputHeight") != (INPUT_WORD + 1) * WORD_BYTES ||
  offsetof<BundleLayer>("inputWidth") != (INPUT_WORD + 2) * WORD_BYTES ||
  offsetof<BundleLayer>("outputChannels") != OUTPUT_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("outputHeight") != (OUTPUT_WORD + 1) * WORD_BYTES ||
  offsetof<BundleLayer>("outputWidth") != (OUTPUT_WORD + 2) * WORD_BYTES ||
  offsetof<BundleLayer>("kernel") != KERNEL_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("stride") != STRIDE_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("padding") != PADDING_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("weightsElement") != WEIGHTS_WORD * WORD_BYTES ||
  offsetof<BundleLayer>("biasElement") != BIAS_WORD * WORD_BYTES
)
  ERROR("BundleLayer is not as format/bundle.ts has it");
if (
  offsetof<BundleRace>() != RACE_WORDS * WORD_BYTES ||
  offsetof<BundleRace>("coefficients") != COEFFICIENTS_WORD * WORD_BYTES ||
  offsetof<BundleRace>("surrogateHidden") != SURROGATE_HIDDEN_WORD * WORD_BYTES ||
  offsetof<BundleRace>("proposalHidden") != PROPOSAL_HIDDEN_WORD * WORD_BYTES ||
  offsetof<BundleRace>("candidates") != CANDIDATES_WORD * WORD_BYTES
)
  ERROR("BundleRace is not as format/bundle.ts has it");

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
