import { inflateSync } from "node:zlib";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";
import type { PixelImage } from "../image/pixel-image.ts";
import { checkClaimedSize } from "./limits.ts";

const SIGNATURE_BYTES = 8;
/** The chunks that say what the pixels are. Others (colour profiles, text) are dropped: they can be compressed bombs. */
const NEEDED_CHUNKS = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);
/** Channels and possible bits of each by PNG's colour type. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const PALETTE_TYPE = 3;
const PALETTE_BYTES = 3 * 256;
/** Twice as many as 50 million pixels of eight bytes make in pieces of 8 KiB, which is what encoders write. */
const MOST_CHUNKS = 100_000;

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
  try {
    return toPixels(decode(needed), header.colourType);
  } catch (error) {
    // The decoder's own words are about its variables.
    throw new Error("the PNG is damaged: its pixels cannot be decoded", { cause: error });
  }
}

function toPixels(decoded: DecodedPng, colourType: number): PixelImage {
  const { width, height, palette, channels } = decoded;
  if (palette !== undefined && colourType === PALETTE_TYPE) {
    return { data: convertIndexedToRgb(decoded), width, height, channels: palette[0]?.length };
  }
  return { data: decoded.depth < 8 ? unpackGrey(decoded) : decoded.data, width, height, channels };
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly colourType: number;
  readonly interlaced: boolean;
}

type Triple = [number, number, number];

function readChunks(bytes: Uint8Array): { header: Header; needed: Uint8Array; compressed: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const pixels: Uint8Array[] = [];
  let header: Header | undefined;
  let ended = false;
  for (let offset = SIGNATURE_BYTES, chunks = 0; !ended; ++chunks) {
    if (chunks === MOST_CHUNKS) throw new Error(`the PNG has more than the ${MOST_CHUNKS} chunks that are read`);
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
    const again = kept.length > 1 && type === "IHDR";
    if (again || (type === "PLTE" && length > PALETTE_BYTES) || (type === "tRNS" && length > PALETTE_BYTES / 3)) {
      throw new Error(`the PNG is damaged: its ${type} chunk ${again ? "is there twice" : `has ${length} bytes`}`);
    }
    if (type === "IDAT") pixels.push(bytes.subarray(offset + 8, end - 4));
    else if (NEEDED_CHUNKS.has(type)) kept.push(bytes.subarray(offset, end));
    ended = type === "IEND";
    offset = end;
  }
  if (header === undefined) throw new Error("the PNG has no header");
  if (header.colourType === PALETTE_TYPE && kept.length < 4) throw new Error("the PNG is damaged: it has no palette");
  const compressed = Buffer.concat(pixels);
  // As one chunk: the decoder copies 32 KiB for each.
  const lengthAndType = Buffer.from("\0\0\0\0IDAT\0\0\0\0", "latin1");
  lengthAndType.writeUInt32BE(compressed.length);
  kept.splice(-1, 0, lengthAndType.subarray(0, 8), compressed, lengthAndType.subarray(8));
  return { header, needed: Uint8Array.from(Buffer.concat(kept)), compressed };
}

function readHeader(view: DataView, offset: number): Header {
  const depth = view.getUint8(offset + 8);
  const colourType = view.getUint8(offset + 9);
  const kind = KINDS[colourType];
  if (kind === undefined) throw new Error(`the PNG has colour type ${colourType}; known are 0, 2, 3, 4 and 6`);
  if (!kind.depths.includes(depth)) {
    throw new Error(
      `the PNG has ${depth} bits per value; with colour type ${colourType} it can have ${kind.depths.join(" or ")}`,
    );
  }
  const [compression, filter, interlace] = [10, 11, 12].map((place) => view.getUint8(offset + place)) as Triple;
  if (compression !== 0 || filter !== 0 || interlace > 1) {
    throw new Error("the PNG is damaged: its header names a compression, filter or interlace method that there is not");
  }
  if (interlace === 1 && depth < 8) throw new Error(`interlaced PNGs of ${depth} bits per pixel are not read`);
  return {
    width: view.getUint32(offset),
    height: view.getUint32(offset + 4),
    bitsPerPixel: kind.channels * depth,
    colourType,
    interlaced: interlace === 1,
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
