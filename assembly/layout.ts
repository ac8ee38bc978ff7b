// Where memory goes: one region after the static data, handed out upwards and never returned piecemeal.
// A load starts the region anew, so nothing is allocated after a model and its starts are in place.

/** Every buffer starts on a cache line, which also satisfies the 16 bytes that v128 prefers. */
const ALIGNMENT: usize = 64;
const PAGE: usize = 65536;
/** Addresses stay below 2 GiB less a page: JavaScript receives them as signed numbers of 32 bits, and sums do not wrap. */
const END: u64 = 0x7fff0000;

let top: usize = 0;
/** Everything from here on was never handed out, so it is still zero. */
let untouched: usize = 0;

/**
 * Whether an allocation was refused since the last `release`. Its address is 0 and so is that of every later one, to be
 * neither read nor written: who allocates looks here once, after the last allocation and before anything is written.
 */
export let exhausted: bool = false;

/** First byte after the module's static data, rounded up to the alignment. */
export function regionStart(): usize {
  return align(__heap_base);
}

/** Frees everything above `address`, which an earlier `mark` returned (or `regionStart`), and forgets what was refused. */
export function release(address: usize): void {
  top = address;
  exhausted = false;
}

/** The address after everything allocated so far. */
export function mark(): usize {
  return top;
}

/**
 * Reserves `bytes` zeroed bytes on a 64-byte boundary and grows the memory when it has to. The number has 64 bits so that a
 * product of sizes does not wrap: widen its first factor. Returns 0 and sets `exhausted` when the region would end beyond
 * 2 GiB less a page, or the host refuses to grow the memory.
 */
export function allocate(bytes: u64): usize {
  const start = align(top);
  if (exhausted || bytes > END || <u64>start + bytes > END || !reach(start + <usize>bytes)) {
    exhausted = true;
    return 0;
  }
  top = start + <usize>bytes;
  if (start < untouched) memory.fill(start, 0, min(top, untouched) - start);
  untouched = max(untouched, top);
  return start;
}

/** Grows the memory to hold addresses below `end`; false when the host refuses. */
function reach(end: usize): bool {
  const available = <usize>memory.size() * PAGE;
  return end <= available || memory.grow(<i32>((end - available + PAGE - 1) / PAGE)) >= 0;
}

function align(address: usize): usize {
  return (address + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
}
