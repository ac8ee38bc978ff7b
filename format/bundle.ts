// The words of a bundle, a model as the module reads it: src/weights/bundle.ts writes it, assembly/bundle.ts describes what
// lies in each word. Both the compiler of TypeScript and that of AssemblyScript read this file, so nothing here has a type.

/** "ABSB", then the version. */
export const BUNDLE_MAGIC = 0x42534241;
export const BUNDLE_VERSION = 5;

export const WORD_BYTES = 4;

/** The header's words, and the place of each; layers follow. */
export const HEADER_WORDS = 25;
export const MAGIC_WORD = 0;
export const VERSION_WORD = 1;
export const CLASSES_WORD = 2;
export const LATENTS_WORD = 3;
export const LAYER_COUNT_WORD = 4;
export const PROTOTYPE_COUNT_WORD = 5;
export const BETA_WORD = 6;
export const SPHERE_RADIUS_WORD = 7;
export const METADATA_OFFSET_WORD = 8;
export const METADATA_LENGTH_WORD = 9;
/** A tensor. */
export const PROTOTYPES_WORD = 10;
export const RACE_OFFSET_WORD = 13;
/** Slope of the response curve, weights of the priors of gain and offset, tolerance. */
export const RESPONSE_WORD = 14;
export const GAIN_WORD = 15;
export const OFFSET_WORD = 16;
export const TOLERANCE_WORD = 17;
/** Of each kind of view (format/views.ts) the loss from which on it is tried, and its share. */
export const VIEWS_WORD = 18;
export const LENGTH_WORD = 24;

/** A tensor's words: its elements' code, its offset, and that of its scales. */
export const TENSOR_WORDS = 3;
/** Codes of elements: 32-bit floats, 16-bit floats, whole numbers of 8 bits with a scale each channel. */
export const F32 = 0;
export const F16 = 1;
export const I8 = 2;

/** A layer's words, and their places; channels, height and width of its input and output follow each other. */
export const LAYER_WORDS = 16;
export const KIND_WORD = 0;
export const INPUT_WORD = 1;
export const OUTPUT_WORD = 4;
export const KERNEL_WORD = 7;
export const STRIDE_WORD = 8;
export const PADDING_WORD = 9;
/** Tensors. */
export const WEIGHTS_WORD = 10;
export const BIAS_WORD = 13;
/** Kinds of layers. */
export const DENSE = 0;
export const TRANSPOSED_CONVOLUTION = 1;

/** Words of the race's sizes, and their places; the words of its tensors follow. */
export const RACE_WORDS = 4;
export const COEFFICIENTS_WORD = 0;
export const SURROGATE_HIDDEN_WORD = 1;
export const PROPOSAL_HIDDEN_WORD = 2;
export const CANDIDATES_WORD = 3;
/** Places among the race's tensors; a bias follows its weights, two layers of proposals and three of surrogates. */
export const BASIS = 0;
export const MEAN = 1;
export const PROPOSAL = 2;
export const SURROGATES = 6;
export const METRICS = 12;
