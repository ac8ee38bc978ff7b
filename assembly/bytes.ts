// Bytes that a number of values takes, to step from one address to another: `load<f32>(row + floats(column))`. Counts may
// be of any type of whole numbers of at most 32 bits, and negative where a step goes back.

/** Bytes of `count` 16-bit numbers. */
export function halves<T>(count: T): usize {
  return (<usize>count) << 1;
}

/** Bytes of `count` 32-bit floats. */
export function floats<T>(count: T): usize {
  return (<usize>count) << 2;
}

/** Bytes of `count` 64-bit floats. */
export function doubles<T>(count: T): usize {
  return (<usize>count) << 3;
}

/** Bytes of `count` vectors of four 32-bit floats. */
export function vectors<T>(count: T): usize {
  return (<usize>count) << 4;
}

/** Bytes of `count` times eight 32-bit floats, as many channels as a tile computes at once. */
export function eights<T>(count: T): usize {
  return (<usize>count) << 5;
}

/** Bytes of so many 32-bit floats that 32 bits may not hold their number, for `allocate` to refuse or reserve. */
export function manyFloats(count: u64): u64 {
  return count << 2;
}
