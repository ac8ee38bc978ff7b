// Where memory goes: one region after the static data, handed out upwards and never returned piecemeal.
// A load starts the region anew, so nothing is allocated after a model and its starts are in place.

/** Every buffer starts on a cache line, which also satisfies the 16 bytes that v128 prefers. */
const ALIGNMENT: usize = 64;
const PAGE: usize = 65536;

let top: usize = 0;

/** First byte behind the module's static data, rounded up to the alignment. */
export function regionStart(): usize {
  return align(__heap_base);
}

/** Frees everything above `address`, which an earlier `mark` returned (or `regionStart`). */
export function release(address: usize): void {
  top = address;
}

/** The address behind everything allocated so far. */
export function mark(): usize {
  return top;
}

/**
 * Reserves `bytes` zeroed bytes on a 64-byte boundary and grows the memory when it has to.
 * Returns 0 when the host refuses to grow the memory.
 */
export function allocate(bytes: usize): usize {
  const start = align(top);
  const end = start + bytes;
  const available = <usize>memory.size() * PAGE;
  if (end > available) {
    const pages = <i32>((end - available + PAGE - 1) / PAGE);
    if (memory.grow(pages) < 0) return 0;
  }
  memory.fill(start, 0, bytes);
  top = end;
  return start;
}

function align(address: usize): usize {
  return (address + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}
