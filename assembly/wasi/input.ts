// Standard input as bytes, through a buffer that holds what came last.

import { exit, FAILED, lastError, read } from "./system";
import { beginError, flush, put } from "./text";

const CAPACITY: usize = 4096;
const END: i32 = -1;

const buffer: usize = memory.data(4096, 16);
let at: usize = 0;
let end: usize = 0;
let ended: bool = false;

/** Makes `count` bytes, at most the buffer's, lie from `at` on. Returns false when fewer are left. */
function fill(count: usize): bool {
  while (end - at < count) {
    if (ended) return false;
    if (at > 0) {
      memory.copy(buffer, buffer + at, end - at);
      end -= at;
      at = 0;
    }
    const came = read(buffer + end, CAPACITY - end);
    if (came < 0) {
      beginError();
      put("abs: standard input cannot be read: ");
      put(lastError());
      put("\n");
      flush();
      exit(FAILED);
    }
    ended = came == 0;
    end += <usize>came;
  }
  return true;
}

/** The byte that lies `ahead` of the next; −1 where the input ends before it. */
export function peek(ahead: usize = 0): i32 {
  return fill(ahead + 1) ? <i32>load<u8>(buffer + at + ahead) : END;
}

/** The next byte; −1 at the end. */
export function next(): i32 {
  const byte = peek();
  if (byte != END) ++at;
  return byte;
}

/** Copies up to `count` bytes to `address` and returns how many were left to copy. */
export function take(address: usize, count: usize): usize {
  let taken: usize = 0;
  while (taken < count && fill(1)) {
    const piece = min(end - at, count - taken);
    memory.copy(address + taken, buffer + at, piece);
    at += piece;
    taken += piece;
  }
  return taken;
}
