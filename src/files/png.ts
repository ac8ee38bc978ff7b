import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";
import type { PixelImage } from "../image/pixel-image.ts";
import { checkClaimedSize } from "./limits.ts";

const SIGNATURE_BYTES = 8;
/** The chunks that say what the pixels are. Others (colour profiles, text) are dropped: they can be compressed bombs. */
const NEEDED_CHUNKS = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
/** Channels by PNG's colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Decodes a PNG: grey, palette, RGB, with alpha or without, 1 to 16 bits. A colour that a grey or RGB file declares
 * transparent stays the colour that it is.
 *
 * @throws Error saying what is wrong: claimed size, missing or superfluous data, checksum, unknown kinds
 */
export function decodePngImage(bytes: Uint8Array): PixelImage {
  const { header, needed, compressed } = readChunks(bytes);
  checkClaimedSize(header.width, header.height);
  checkInflatedSize(compressed, inflatedSize(header));
  const decoded = decode(needed);
  const { width, height } = decoded;
  if (decoded.palette !== undefined && header.colourType === 3) {
    return { data: convertIndexedToRgb(decoded), width, height, channels: decoded.palette[0]?.length };
  }
  const data = decoded.depth < 8 ? unpackGrey(decoded) : decoded.data;
  return { data, width, height, channels: decoded.channels };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

function readChunks(bytes: Uint8Array): { header: Header; needed: Uint8Array; compressed: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const compressed: Uint8Array[] = [];
  let header: Header | undefined;
  let ended = false;
  for (let offset = SIGNATURE_BYTES; !ended; ) {
    if (offset + 12 > bytes.length) throw new Error("the PNG is cut short: it has no end chunk");
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const end = offset + 12 + length;
    if (end > bytes.length) {
      throw new Error(
        `the PNG is cut short: its ${type} chunk needs ${end} bytes of the file, which has ${bytes.length}`,
      );
    }
    if (header === undefined) {
      if (type !== "IHDR" || length !== 13) throw new Error(`the PNG begins with ${type} instead of its header`);
      header = readHeader(view, offset + 8);
    }
    if (NEEDED_CHUNKS.has(type)) kept.push(bytes.subarray(offset, end));
    if (type === "IDAT") compressed.push(bytes.subarray(offset + 8, end - 4));
    ended = type === "IEND";
    offset = end;
  }
  if (header === undefined) throw new Error("the PNG has no header");
  return { header, needed: Uint8Array.from(Buffer.concat(kept)), compressed: Buffer.concat(compressed) };
}

function readHeader(view: DataView, offset: number): Header {
  const colourType = view.getUint8(offset + 9);
  const channels = CHANNELS[colourType];
  if (channels === undefined) throw new Error(`the PNG has colour type ${colourType}; known are 0, 2, 3, 4 and 6`);
  return {
    width: view.getUint32(offset),
    height: view.getUint32(offset + 4),
    bitsPerPixel: channels * view.getUint8(offset + 8),
    colourType,
    interlaced: view.getUint8(offset + 12) === 1,
  };
}

/** Bytes of filtered rows that the pixel data of such an image must inflate to. */
function inflatedSize({ width, height, bitsPerPixel, interlaced }: Header): number {
  const passBytes = (columns: number, rows: number): number =>
    columns === 0 ? 0 : rows * (1 + Math.ceil((columns * bitsPerPixel) / 8));
  if (!interlaced) return passBytes(width, height);
  // Adam7: first column and row of each of the seven passes, and the steps between them.
  const passes: readonly (readonly [number, number, number, number])[] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ];
  return passes.reduce(
    (sum, [left, top, across, down]) =>
      sum + passBytes(Math.ceil(Math.max(0, width - left) / across), Math.ceil(Math.max(0, height - top) / down)),
    0,
  );
}

function checkInflatedSize(compressed: Uint8Array, wanted: number): void {
  let got: number;
  try {
    got = inflateSync(compressed, { maxOutputLength: wanted }).length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new Error(`the PNG's pixel data unpack to more than the ${wanted} bytes that its size needs`);
    }
    throw new Error("the PNG's pixel data cannot be unpacked: they are damaged or cut short", { cause: error });
  }
  if (got < wanted) throw new Error(`the PNG's pixel data unpack to ${got} bytes; its size needs ${wanted}`);
}

/** Spreads pixels of 1, 2 or 4 bits, packed with each row beginning a byte, over 0..255. */
function unpackGrey({ data, width, height, depth }: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  if (data.length !== rowBytes * height) throw new Error(`interlaced PNGs of ${depth} bits per pixel are not read`);
  const largest = 2 ** depth - 1;
  const grey = new Uint8Array(width * height);
  for (let row = 0, index = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, ++index) {
      const bit = column * depth;
      const byte = data[row * rowBytes + (bit >> 3)] as number;
      grey[index] = (((byte >> (8 - depth - (bit & 7))) & largest) * 255) / largest;
    }
  }
  return grey;
}
