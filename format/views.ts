// The views of an image that weights may have tried, in the order in which they are: assembly/inference/views.ts says what each is.
// Both the compiler of TypeScript and that of AssemblyScript read this file, so nothing here has a type.

/** Of the image as it was given; not among the views that are tried. */
export const AS_GIVEN = -1;
export const CENTRED = 0;
export const LEVELLED_COLUMNS = 1;
export const LEVELLED_ROWS = 2;
export const FILLED = 3;
export const VIEWS = 4;
/** In place of a pixel's index: none. */
export const NO_PIXEL = -1;

/** Weights name three kinds, each with the loss from which on it is tried, and the share of that which its own has to stay below. */
export const VIEW_KINDS = 3;
/** The kind of each view. */
export const CENTRED_KIND = 0;
export const LEVELLED_KIND = 1;
export const FILLED_KIND = 2;
