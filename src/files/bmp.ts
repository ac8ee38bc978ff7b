import type { PixelImage } from "../image/pixel-image.ts";
import { latin1, viewOf } from "./bytes.ts";
import { checkClaimedSize } from "./limits.ts";

// Written here, since the readers that packages offer turn some of the kinds below upside down or into noise.

/** What the headers of a BMP say. */
interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Whether the first row stored is the top one. */
  readonly topDown: boolean;
  readonly depth: number;
  readonly compression: number;
  /** Red, green, blue and alpha: which bits of a pixel of 16 or 32 bits they are; alpha 0 where there is none. */
  readonly masks: readonly number[];
  /** Blue, green, red of each colour, and an unused byte where `colourBytes` is 4. */
  readonly palette: Uint8Array;
  readonly colourBytes: number;
  /** Where the pixels begin, in bytes of the file. */
  readonly start: number;
}

const FILE_HEADER_BYTES = 14;
/** The header of OS/2 1.x, with sizes of 16 bits and colours of three bytes. */
const CORE_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
/** From this size on the header itself has a mask of alpha. */
const ALPHA_HEADER_BYTES = 56;
const LARGEST_HEADER_BYTES = 124;

const UNPACKED = 0;
const RUNS_OF_8 = 1;
const RUNS_OF_4 = 2;
const MASKED = 3;
const MASKED_WITH_ALPHA = 6;
/** The kinds of packing by their number, with the bits per pixel that they go with. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  [UNPACKED]: [1, 2, 4, 8, 16, 24, 32],
  [RUNS_OF_8]: [8],
  [RUNS_OF_4]: [4],
  [MASKED]: [16, 32],
  [MASKED_WITH_ALPHA]: [16, 32],
};
const DEFAULT_MASKS: Readonly<Record<number, readonly number[]>> = {
  16: [0x7c00, 0x03e0, 0x001f, 0],
  32: [0xff0000, 0x00ff00, 0x0000ff, 0],
};

/**
 * Decodes a BMP of Windows or OS/2: 1, 2, 4, 8, 16, 24 or 32 bits per pixel, with runs (RLE4, RLE8) or masks, either way up.
 * Pixels that runs leave out have the first colour. Source: Microsoft, "Bitmap storage" and the BITMAPV5HEADER structure.
 *
 * @throws {Error} saying what is wrong: claimed size, kind, colours that are not there, cut short
 */
export function decodeBmpImage(bytes: Uint8Array): PixelImage {
  const header = readHeader(bytes);
  const { width, height, depth, compression } = header;
  if (compression === RUNS_OF_8 || compression === RUNS_OF_4) {
    return { data: inColour(header, unpackRuns(header, bytes)), width, height, channels: 3 };
  }
  const rowBytes = Math.ceil((width * depth) / 8);
  const stride = 4 * Math.ceil(rowBytes / 4);
  // The last row need not be filled up.
  const needed = header.start + stride * (height - 1) + rowBytes;
  if (needed > bytes.length) throw cutShort(`its pixels need ${needed} bytes of the file, which has ${bytes.length}`);
  const rowAt = (y: number): number => header.start + stride * (header.topDown ? y : height - 1 - y);
  if (depth <= 8) {
    const indices = new Uint8Array(width * height);
    for (let y = 0, place = 0; y < height; ++y) {
      const row = rowAt(y);
      for (let x = 0; x < width; ++x) {
        const bit = x * depth;
        indices[place++] = ((bytes[row + (bit >> 3)] as number) >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
      }
    }
    return { data: inColour(header, indices), width, height, channels: 3 };
  }
  return depth === 24 ? readTriples(header, bytes, rowAt) : readMasked(header, bytes, rowAt);
}

function readHeader(bytes: Uint8Array): BmpHeader {
  const view = viewOf(bytes);
  if (bytes.length < FILE_HEADER_BYTES + CORE_HEADER_BYTES) throw cutShort("it ends within its header");
  const start = view.getUint32(10, true);
  const headerBytes = view.getUint32(FILE_HEADER_BYTES, true);
  const isCore = headerBytes === CORE_HEADER_BYTES;
  if (!isCore && !(headerBytes >= INFO_HEADER_BYTES && headerBytes <= LARGEST_HEADER_BYTES)) {
    throw new Error(`the BMP has a header of ${headerBytes} bytes; 12 and 40 to ${LARGEST_HEADER_BYTES} are read`);
  }
  let paletteStart = FILE_HEADER_BYTES + headerBytes;
  if (paletteStart > bytes.length) throw cutShort("it ends within its header");
  const field = (offset: number): number => view.getUint32(FILE_HEADER_BYTES + offset, true);
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  checkClaimedSize(width, height);
  const depth = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore ? UNPACKED : field(16);
  const depths = DEPTHS[compression];
  if (depths === undefined) {
    throw new Error(`the BMP is packed in the way ${compression}; 0, 1, 2, 3 and 6 (none, RLE8, RLE4, masks) are read`);
  }
  if (!depths.includes(depth)) {
    throw new Error(
      `the BMP has ${depth} bits per pixel; packed in the way ${compression} it can have ${depths.join(" or ")}`,
    );
  }
  if (signedHeight < 0 && (compression === RUNS_OF_4 || compression === RUNS_OF_8)) {
    throw new Error("the BMP is damaged: it has runs and stands upside down, which cannot be");
  }

  let masks = DEFAULT_MASKS[depth] ?? [];
  if (compression === MASKED || compression === MASKED_WITH_ALPHA) {
    const withAlpha = headerBytes >= ALPHA_HEADER_BYTES || compression === MASKED_WITH_ALPHA;
    const count = withAlpha ? 4 : 3;
    // In a short header they follow it.
    if (headerBytes === INFO_HEADER_BYTES) paletteStart += 4 * count;
    if (FILE_HEADER_BYTES + INFO_HEADER_BYTES + 4 * count > bytes.length) throw cutShort("it ends within its masks");
    masks = Array.from({ length: 4 }, (_, index) => (index < count ? field(INFO_HEADER_BYTES + 4 * index) : 0));
    for (const mask of masks) checkMask(mask, depth);
  }

  const colourBytes = isCore ? 3 : 4;
  const claimed = depth > 8 ? 0 : (isCore ? 0 : field(32)) || 2 ** depth;
  // Some files claim more colours than pixels can have, or than come before the pixels.
  const there = Math.floor((Math.min(start, bytes.length) - paletteStart) / colourBytes);
  const colours = Math.max(0, Math.min(claimed, 2 ** depth, there));
  if (depth <= 8 && colours === 0) throw new Error("the BMP is damaged: it has no palette");
  const palette = bytes.subarray(paletteStart, paletteStart + colours * colourBytes);
  return {
    width,
    height,
    topDown: signedHeight < 0,
    depth,
    compression,
    masks,
    palette,
    colourBytes,
    start: Math.max(start, paletteStart + colours * colourBytes),
  };
}

function checkMask(mask: number, depth: number): void {
  if (mask === 0) return;
  const values = mask / 2 ** trailingZeros(mask) + 1;
  if (mask >= 2 ** depth || !Number.isInteger(Math.log2(values))) {
    throw new Error(`the BMP is damaged: its mask ${mask.toString(16)} is no run of bits among ${depth}`);
  }
}

function trailingZeros(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

/** Red, green and blue of each pixel. */
function inColour({ palette, colourBytes }: BmpHeader, indices: Uint8Array): Uint8Array {
  const colours = palette.length / colourBytes;
  const data = new Uint8Array(3 * indices.length);
  for (let pixel = 0; pixel < indices.length; ++pixel) {
    const index = indices[pixel] as number;
    if (index >= colours) {
      throw new Error(`the BMP is damaged: pixel ${pixel} has colour ${index} of a palette of ${colours}`);
    }
    const from = index * colourBytes;
    for (let channel = 0; channel < 3; ++channel) data[3 * pixel + channel] = palette[from + 2 - channel] as number;
  }
  return data;
}

function readTriples({ width, height }: BmpHeader, bytes: Uint8Array, rowAt: (y: number) => number): PixelImage {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0, place = 0; y < height; ++y) {
    for (let x = 0, from = rowAt(y); x < width; ++x, from += 3) {
      for (let channel = 0; channel < 3; ++channel) data[place++] = bytes[from + 2 - channel] as number;
    }
  }
  return { data, width, height, channels: 3 };
}

function readMasked(header: BmpHeader, bytes: Uint8Array, rowAt: (y: number) => number): PixelImage {
  const { width, height, depth, masks } = header;
  const view = viewOf(bytes);
  const parts = masks.map((mask) => {
    const shift = mask === 0 ? 0 : trailingZeros(mask);
    const largest = mask / 2 ** shift;
    return { shift, largest, scale: largest === 0 ? 0 : 255 / largest };
  });
  const data = new Uint8Array(4 * width * height);
  let opaque = masks[3] === 0;
  let anyAlpha = false;
  for (let y = 0, place = 0; y < height; ++y) {
    for (let x = 0, from = rowAt(y); x < width; ++x, from += depth / 8) {
      const word = depth === 16 ? view.getUint16(from, true) : view.getUint32(from, true);
      for (const { shift, largest, scale } of parts) {
        // As unsigned: the mask of a whole word has its highest bit.
        data[place++] = Math.round((((word >>> shift) & largest) >>> 0) * scale);
      }
      anyAlpha ||= data[place - 1] !== 0;
    }
  }
  // Programs that know no alpha leave zeros there, and mean no invisible picture.
  opaque ||= !anyAlpha;
  if (opaque) for (let place = 3; place < data.length; place += 4) data[place] = 255;
  return { data, width, height, channels: 4 };
}

/** The colours' numbers, as the runs and the literal parts between them name them. */
function unpackRuns({ width, height, depth, start }: BmpHeader, bytes: Uint8Array): Uint8Array {
  const indices = new Uint8Array(width * height);
  let x = 0;
  // Rows are stored from the lowest up.
  let y = height - 1;
  const put = (index: number): void => {
    if (x >= width || y < 0) throw new Error("the BMP is damaged: its runs leave the picture");
    indices[y * width + x++] = index;
  };
  const next = (offset: number): number => {
    const byte = bytes[offset];
    if (byte === undefined) throw cutShort("its runs do not end");
    return byte;
  };
  for (let offset = start; ; offset += 2) {
    // Some programs leave out the mark of the end after the last row.
    if (offset >= bytes.length && (y < 0 || (y === 0 && x === width))) return indices;
    const count = next(offset);
    const value = next(offset + 1);
    if (count > 0) {
      for (let index = 0; index < count; ++index) put(colourIn(value, index, depth));
    } else if (value === 0) {
      x = 0;
      --y;
    } else if (value === 1) {
      return indices;
    } else if (value === 2) {
      x += next(offset + 2);
      y -= next(offset + 3);
      offset += 2;
      if (x > width || y < 0) throw new Error("the BMP is damaged: its runs leave the picture");
    } else {
      const literalBytes = Math.ceil((value * depth) / 8);
      for (let index = 0; index < value; ++index) {
        put(colourIn(next(offset + 2 + Math.floor((index * depth) / 8)), index, depth));
      }
      // Filled up to an even number.
      offset += literalBytes + (literalBytes % 2);
    }
  }
}

/** Of a byte of two colours, those at even places are the upper. */
function colourIn(byte: number, place: number, depth: number): number {
  if (depth === 8) return byte;
  return place % 2 === 0 ? byte >> 4 : byte & 15;
}

/** Whether the bytes begin as a BMP does. */
export function looksLikeBmp(bytes: Uint8Array): boolean {
  return latin1(bytes, 0, 2) === "BM";
}

function cutShort(how: string): Error {
  return new Error(`the BMP is cut short: ${how}`);
}
