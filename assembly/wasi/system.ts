// What the command needs of WASI preview 1, on buffers in static data: nothing here or in the other files of wasi/
// touches AssemblyScript's heap, because layout.ts hands out the same memory, and so the memory never grows after
// `load`.

import {
  args_get,
  args_sizes_get,
  errno,
  errnoToString,
  fd_read,
  fd_write,
  poll_oneoff,
  proc_exit,
} from "bindings/wasi_snapshot_preview1";

export const STANDARD_INPUT: u32 = 0;
export const STANDARD_OUTPUT: u32 = 1;
export const STANDARD_ERROR: u32 = 2;

/** Exit codes, as src/cli/environment.ts has them. */
export const FAILED: u32 = 1;
export const WRONG_USAGE: u32 = 2;

/** A buffer's address and length, then what a call answers. */
const vector: usize = memory.data(16, 8);

const POLL_READ: u8 = 1;
const POLL_WRITE: u8 = 2;
/** A subscription: u8 kind at 8, u32 descriptor at 16. */
const subscription: usize = memory.data(48, 8);
const event: usize = memory.data(32, 8);

/** Ends the program. */
export function exit(code: u32): void {
  proc_exit(code);
  unreachable();
}

/** Reads at most `length` bytes to `address`, waiting for the first. Returns how many came, 0 at the end; −1: see `lastError`. */
export function read(address: usize, length: usize): i32 {
  do {
    store<usize>(vector, address);
    store<usize>(vector, length, 4);
    lastErrno = fd_read(STANDARD_INPUT, vector, 1, vector + 8);
    if (lastErrno == errno.SUCCESS) return load<i32>(vector, 8);
  } while (lastErrno == errno.INTR || (lastErrno == errno.AGAIN && wait(STANDARD_INPUT, POLL_READ)));
  return -1;
}

/** Writes all of the bytes. Returns whether the host took them. */
export function write(descriptor: u32, address: usize, length: usize): bool {
  while (length > 0) {
    store<usize>(vector, address);
    store<usize>(vector, length, 4);
    lastErrno = fd_write(descriptor, vector, 1, vector + 8);
    if (lastErrno == errno.SUCCESS) {
      const written = load<usize>(vector, 8);
      address += written;
      length -= written;
    } else if (lastErrno != errno.INTR) {
      if (lastErrno != errno.AGAIN || !wait(descriptor, POLL_WRITE)) return false;
    }
  }
  return true;
}

let lastErrno: errno = errno.SUCCESS;

/** The name of what went wrong last. */
export function lastError(): string {
  return errnoToString(lastErrno);
}

/** Waits until a descriptor that does not block is ready. */
function wait(descriptor: u32, kind: u8): bool {
  store<u8>(subscription, kind, 8);
  store<u32>(subscription, descriptor, 16);
  return poll_oneoff(changetype<usize>(subscription), changetype<usize>(event), 1, vector + 12) == errno.SUCCESS;
}

/** Bytes that `readArguments` needs. */
export function argumentBytes(): usize {
  if (args_sizes_get(vector, vector + 4) != errno.SUCCESS) return 0;
  return load<usize>(vector) * sizeof<usize>() + load<usize>(vector, 4);
}

/** Writes the addresses of the arguments, strings of UTF-8 that end in a zero, to `address`. Returns their number. */
export function readArguments(address: usize): i32 {
  if (args_sizes_get(vector, vector + 4) != errno.SUCCESS) return 0;
  const count = load<i32>(vector);
  return args_get(address, address + <usize>count * sizeof<usize>()) == errno.SUCCESS ? count : 0;
}
