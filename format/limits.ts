// How large a model may be, as docs/weights-format.md says. Readers refuse what is beyond, so that sizes stay bounded.

export const LEAST_CLASSES = 2;
export const MOST_CLASSES = 64;
export const LEAST_LATENTS = 2;
export const MOST_LATENTS = 32;

/** Of any layer. */
export const MOST_CHANNELS = 1024;
/** Of a dense layer's output, and of any other's. */
export const LARGEST_SIDE = 64;
/** Of a transposed convolution. */
export const LARGEST_KERNEL = 28;
/** With 28 outputs in a line, a stride of at most 7 gives each phase the 4 that a tile takes. */
export const LARGEST_STRIDE = 7;

/** Columns of any of the race's tables. */
export const MOST_RACE_UNITS = 1024;
/** Latents that the race's tables propose for each class. */
export const MOST_CANDIDATES = 8;
