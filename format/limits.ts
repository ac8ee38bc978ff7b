// How large a model may be, as docs/weights-format.md says. Readers refuse what is beyond, before they spend anything on it,
// so that sizes, time and memory stay bounded; the trainer refuses it before training.

export const LEAST_CLASSES = 2;
export const MOST_CLASSES = 64;
export const LEAST_LATENTS = 2;
export const MOST_LATENTS = 32;

/** Of a class's name. */
export const MOST_NAME_CHARACTERS = 100;

/** Layers with weights. */
export const MOST_LAYERS = 16;
/** Of any layer. */
export const MOST_CHANNELS = 1024;
/** Of a dense layer's output, and of any other's. */
export const LARGEST_SIDE = 64;
/** Of a transposed convolution. */
export const LARGEST_KERNEL = 28;
/** With 28 outputs in a line, a stride of at most 7 gives each phase the 4 that a tile takes. */
export const LARGEST_STRIDE = 7;

/** Channels are computed this many at a time: multiply-adds below count those of a layer as the next multiple of it. */
export const CHANNELS_AT_ONCE = 8;
/** Multiply-adds of decoding one latent. */
export const MOST_MULTIPLY_ADDS = 16000000;
/** Of decoding one latent with every class's decoder. */
export const MOST_MULTIPLY_ADDS_OF_ALL = 150000000;

/** Latents per class, and of all classes, from which a search starts. */
export const MOST_PROTOTYPES = 4096;
export const MOST_PROTOTYPES_OF_ALL = 20000;
/** Latents per class that are drawn where a file brings neither prototypes nor tables for the race. */
export const DRAWN_PROTOTYPES = 300;
/** Multiply-adds of decoding all classes' prototypes, which is done once, when a model without such tables is loaded. */
export const MOST_PROTOTYPE_MULTIPLY_ADDS = 15000000000;

/** Columns of any of the race's tables. */
export const MOST_RACE_UNITS = 1024;
/** Latents that the race's tables propose for each class. */
export const MOST_CANDIDATES = 8;
/** Of the calibrated confidence. */
export const MOST_HIDDEN_UNITS = 64;

/** Weight of ½‖z‖² in the loss. */
export const MOST_BETA = 1000000;
/** Slope of the response curve. */
export const MOST_RESPONSE = 1000;
/** Weights of the priors of gain and offset. */
/** Below the least of them, gain and offset of a redrawing without contrast would be lost in the rounding of 32-bit sums. */
export const LEAST_PHOTOMETRIC_WEIGHT = 0.1;
export const MOST_PHOTOMETRIC_WEIGHT = 1000000;
/** Error of a pixel beyond which it counts less and less. */
export const LEAST_TOLERANCE = 0.01;
export const MOST_TOLERANCE = 1000;
/** Loss above which other views are tried, and the share of it below which theirs has to come. */
export const MOST_DOUBT = 1000;
export const LEAST_SHARE = 0.01;

/** Numbers in all tensors of a file together. */
export const MOST_VALUES = 8000000;
export const MOST_TENSORS = 4096;
/** Bytes of a file's header, which holds the metadata. */
export const MOST_HEADER_BYTES = 1048576;
/** Bytes of a file. */
export const MOST_FILE_BYTES = 67108864;
