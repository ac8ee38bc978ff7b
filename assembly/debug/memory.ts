// Where the debug build may read and write. scripts/check-memory.mjs puts a check before every access of the module's other
// functions, and sends their calls of `allocate` and `release` through this file. An access that is not inside one reserved
// buffer, or one piece of static data, ends in the import `outOfBounds`.
//
// Records of all buffers lie in the order of their addresses. A map at the bottom of the memory spares most accesses the
// search among them: for each block of 64 bytes it has one byte, the number of bytes from the block's begin on that belong
// to the buffer which holds the block's first byte, 0 where there is none.

import { allocate, release as releaseRegion } from "../layout";

const BLOCK_BITS: usize = 6;
const BLOCK_BYTES: usize = 1 << BLOCK_BITS;
/** Bytes before each buffer that belong to nobody; a multiple of the alignment of layout.ts. */
const RED_ZONE: usize = 64;
/** The map is of 4 GiB, and begins at address 0. */
const RECORDS: usize = 1 << (32 - BLOCK_BITS);
const CAPACITY: usize = 16384;
/** The first byte that the option `memoryBase` in asconfig.json leaves to everything else: 67305472. */
const FREE: usize = RECORDS + CAPACITY * offsetof<Buffer>();

@unmanaged
class Buffer {
  start: usize;
  end: usize;
  /** The site that reserved it: a place in the list that scripts/check-memory.mjs writes. */
  owner: u32;
}

let count: usize = 0;

/** Throws. `start` to `end` is the buffer nearest to the address, 0 and 0 where there is none. */
declare function outOfBounds(address: usize, bytes: usize, site: u32, start: usize, end: usize, owner: u32): void;

function record(index: usize): Buffer {
  return changetype<Buffer>(RECORDS + index * offsetof<Buffer>());
}

/** Checks an access of `bytes` bytes that the map did not allow: more than one block, static data, or a fault. */
export function check(address: usize, bytes: usize, site: u32): void {
  if (bytes == 0) return;
  const buffer = lastFrom(address);
  // Not `address + bytes`, which would wrap.
  if (changetype<usize>(buffer) != 0 && address < buffer.end && bytes <= buffer.end - address) return;
  const nearest = nearestTo(address);
  if (changetype<usize>(nearest) == 0) outOfBounds(address, bytes, site, 0, 0, 0);
  else outOfBounds(address, bytes, site, nearest.start, nearest.end, nearest.owner);
  unreachable();
}

/** The last buffer that begins at the address or below; null where there is none. */
function lastFrom(address: usize): Buffer {
  let from: usize = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (record(middle).start <= address) from = middle + 1;
    else to = middle;
  }
  return from == 0 ? changetype<Buffer>(0) : record(from - 1);
}

/** The buffer with the fewest bytes between it and the address; null where there is none. */
function nearestTo(address: usize): Buffer {
  let nearest = changetype<Buffer>(0);
  let least: usize = usize.MAX_VALUE;
  for (let index: usize = 0; index < count; ++index) {
    const buffer = record(index);
    const distance = address < buffer.start ? buffer.start - address : address < buffer.end ? 0 : address - buffer.end;
    if (distance > least) continue;
    least = distance;
    nearest = buffer;
  }
  return nearest;
}

/** Lets `bytes` bytes from `start` on be used. Later ones lie higher. */
export function register(start: usize, bytes: usize, owner: u32): void {
  if (count == CAPACITY || start < FREE) unreachable();
  const buffer = record(count);
  buffer.start = start;
  buffer.end = start + bytes;
  buffer.owner = owner;
  ++count;
  // A block that begins before the buffer stays as it is.
  for (let block = (start + BLOCK_BYTES - 1) >> BLOCK_BITS; block << BLOCK_BITS < buffer.end; ++block) {
    store<u8>(block, <u8>min(BLOCK_BYTES, buffer.end - (block << BLOCK_BITS)));
  }
}

/** In place of `allocate`, whose limits stay what they are. */
export function reserve(bytes: u64, owner: u32): usize {
  const zone = allocate(<usize>min<u64>(<u64>RED_ZONE + bytes, usize.MAX_VALUE));
  if (zone == 0) return 0;
  register(zone + RED_ZONE, <usize>bytes, owner);
  return zone + RED_ZONE;
}

/** In place of `release`: forgets the buffers above `address`, and what a buffer has above it. */
export function release(address: usize): void {
  while (count > 0 && record(count - 1).end > address) {
    const buffer = record(count - 1);
    const start = buffer.start;
    const end = buffer.end;
    for (let block = start >> BLOCK_BITS; block << BLOCK_BITS < end; ++block) store<u8>(block, 0);
    --count;
    if (start < address) register(start, address - start, buffer.owner);
  }
  releaseRegion(address);
}

/** Registers the static data; scripts/check-memory.mjs fills it in and calls it first. */
export function registerStatics(): void {}
