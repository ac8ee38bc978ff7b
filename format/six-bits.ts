// How networks keep their weights as text: a character each, for a whole multiple of a scale that is stored beside them. The trainer's
// training/abs_training/storage/six_bits.py has a copy, which test/inference/confidence-features.test.ts compares.

/** Characters of the multiples from the least on; the last one is not used. */
export const SIX_BIT_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** The largest multiple; the least is its negative. */
export const LARGEST_SIX_BIT = 31;
