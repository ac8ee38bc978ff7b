// Planes: what flows between layers. Activations lie as rows of pixels, channels innermost (NHWC). Channel counts are rounded
// up to 8 lanes with zeros, except for the 28×28 output plane, which stays one float per pixel. Rows may have margins of
// zeros, so that a window that hangs over the edge reads zeros instead of branching.

import { floats } from "../bytes";
import { allocate } from "../layout";

/** A buffer of rows: `address` is the first real pixel of the first row. */
@unmanaged
export class Plane {
  address: usize;
  rowBytes: usize;
  height: i32;
  width: i32;
  /** Floats per pixel, padding included. */
  channels: i32;
}

/** Rows and columns of zeros around a plane. */
@unmanaged
export class Margins {
  above: i32;
  below: i32;
  left: i32;
  right: i32;
}

/** Channels that a pixel takes in memory: the next multiple of 8. */
export function storedChannels(channels: i32): i32 {
  return (channels + 7) & ~7;
}

/** Floats of a row without its margins. */
export function rowFloats(plane: Plane): i32 {
  return plane.width * plane.channels;
}

export function pixelBytes(plane: Plane): usize {
  return floats(plane.channels);
}

/** Address of a row's first real pixel; rows of the margins have numbers below 0, or from the height on. */
export function rowOf(plane: Plane, row: i32): usize {
  return plane.address + <usize>row * plane.rowBytes;
}

/** Describes a plane; `reservePlane` gives it memory. */
export function shapePlane(plane: Plane, height: i32, width: i32, channels: i32): void {
  plane.height = height;
  plane.width = width;
  plane.channels = channels;
}

/** Reserves zeroed rows with zeroed margins for a plane. Where memory runs out, layout.ts remembers. */
export function reservePlane(plane: Plane, around: Margins): void {
  const rowBytes = floats((around.left + plane.width + around.right) * plane.channels);
  const rows = allocate(<u64>(around.above + plane.height + around.below) * rowBytes);
  plane.rowBytes = rowBytes;
  plane.address = rows + <usize>around.above * rowBytes + floats(around.left * plane.channels);
}

const margins: Margins = changetype<Margins>(memory.data(offsetof<Margins>(), 4));

/** Margins of nothing on any side, to be widened. The same object every time. */
export function noMargins(): Margins {
  margins.above = 0;
  margins.below = 0;
  margins.left = 0;
  margins.right = 0;
  return margins;
}
