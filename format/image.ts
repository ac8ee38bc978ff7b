// The images that are classified. Both the compiler of TypeScript and that of AssemblyScript read this file.

/** Rows of an image, and pixels of a row. */
export const IMAGE_SIDE = 28;
export const IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE;
