import { crc32 } from "../weights/crc32.ts";
import { latin1, viewOf } from "./bytes.ts";

/** What the header of a PNG says, checked: a kind that there is. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  /** Bits of each value: 1, 2, 4, 8 or 16. */
  readonly depth: number;
  /** Values of each pixel as they are stored: 1 for grey and for a palette, 2, 3 or 4. */
  readonly channels: number;
  readonly hasPalette: boolean;
  readonly interlaced: boolean;
}

/** The parts of a PNG that say what its pixels are. */
export interface PngChunks {
  readonly header: PngHeader;
  /** Red, green and blue of each colour; there where the header says so. */
  readonly palette: Uint8Array;
  /** The content of tRNS: alpha by colour of the palette, or the 16-bit values of the one transparent colour. */
  readonly transparency: Uint8Array | undefined;
  /** The pixel data, packed, in parts. */
  readonly packed: readonly Uint8Array[];
  /** The content of eXIf. */
  readonly exif: Uint8Array | undefined;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Channels and possible bits of each by PNG's colour type. */
const KINDS: Readonly<Record<number, { readonly channels: number; readonly depths: readonly number[] }>> = {
  0: { channels: 1, depths: [1, 2, 4, 8, 16] },
  2: { channels: 3, depths: [8, 16] },
  3: { channels: 1, depths: [1, 2, 4, 8] },
  4: { channels: 2, depths: [8, 16] },
  6: { channels: 4, depths: [8, 16] },
};
const PALETTE_TYPE = 3;
const MOST_COLOURS = 256;
/** Twice as many as 50 million pixels of eight bytes make in pieces of 8 KiB, which is what encoders write. */
const MOST_CHUNKS = 100_000;

/** Whether the bytes begin as a PNG does, also as one whose signature was damaged on its way. */
export function looksLikePng(bytes: Uint8Array): boolean {
  return latin1(bytes, 1, 3) === "PNG";
}

/**
 * Walks through the chunks of a PNG. Those that do not say what the pixels are (colour profiles, gamma, text) are passed over:
 * they can be compressed bombs, and a digit is one in every gamma.
 *
 * @throws {Error} saying what is wrong: signature, header, checksum, missing, superfluous or unknown chunks, cut short
 */
export function readPngChunks(bytes: Uint8Array): PngChunks {
  if (SIGNATURE.some((byte, index) => bytes[index] !== byte)) {
    const found = Array.from(bytes.subarray(0, SIGNATURE.length), hexadecimal).join(" ");
    throw new Error(`the PNG is damaged: it begins with ${found} instead of ${SIGNATURE.map(hexadecimal).join(" ")}`);
  }
  const view = viewOf(bytes);
  const packed: Uint8Array[] = [];
  const once = new Map<string, Uint8Array>();
  let header: PngHeader | undefined;
  for (let offset = SIGNATURE.length, chunks = 0, type = ""; type !== "IEND"; ++chunks) {
    if (chunks === MOST_CHUNKS) throw new Error(`the PNG has more than the ${MOST_CHUNKS} chunks that are read`);
    if (offset + 12 > bytes.length) throw new Error("the PNG is cut short: it has no end chunk");
    const length = view.getUint32(offset);
    type = latin1(bytes, offset + 4, 4);
    const end = offset + 12 + length;
    if (end > bytes.length) {
      throw new Error(
        `the PNG is cut short: its ${type} chunk needs ${end} bytes of the file, which has ${bytes.length}`,
      );
    }
    const content = bytes.subarray(offset + 8, end - 4);
    const isCritical = ((bytes[offset + 4] as number) & 0x20) === 0;
    const isSound = isCritical || type === "tRNS" || type === "eXIf" ? hasChecksum(bytes, offset, end) : true;
    if (!isSound && type !== "eXIf") throw damaged(`the checksum of its ${type} chunk does not fit`);
    if (header === undefined) {
      if (type !== "IHDR" || length !== 13) throw new Error(`the PNG begins with ${type} instead of its header`);
      header = readHeader(viewOf(content));
    } else if (type === "IDAT") {
      packed.push(content);
    } else if (type === "IHDR" || type === "PLTE" || type === "tRNS") {
      if (type === "IHDR" || once.has(type)) throw damaged(`its ${type} chunk is there twice`);
      if (packed.length > 0) throw damaged(`its ${type} chunk comes after pixel data`);
      once.set(type, content);
    } else if (type === "eXIf") {
      if (isSound) once.set(type, content);
    } else if (isCritical && type !== "IEND") {
      throw new Error(`the PNG has a ${type} chunk, which is needed to read it and not known`);
    }
    offset = end;
  }
  if (header === undefined) throw new Error("the PNG has no header");
  if (packed.length === 0) throw damaged("it has no pixel data (IDAT)");
  const palette = once.get("PLTE");
  const transparency = once.get("tRNS");
  checkColours(header, palette, transparency);
  return { header, palette: palette ?? new Uint8Array(0), transparency, packed, exif: once.get("eXIf") };
}

function readHeader(view: DataView): PngHeader {
  const depth = view.getUint8(8);
  const colourType = view.getUint8(9);
  const kind = KINDS[colourType];
  if (kind === undefined) throw new Error(`the PNG has colour type ${colourType}; known are 0, 2, 3, 4 and 6`);
  if (!kind.depths.includes(depth)) {
    throw new Error(
      `the PNG has ${depth} bits per value; with colour type ${colourType} it can have ${kind.depths.join(" or ")}`,
    );
  }
  const interlace = view.getUint8(12);
  if (view.getUint8(10) !== 0 || view.getUint8(11) !== 0 || interlace > 1) {
    throw damaged("its header names a compression, filter or interlace method that there is not");
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    channels: kind.channels,
    hasPalette: colourType === PALETTE_TYPE,
    interlaced: interlace === 1,
  };
}

function checkColours(
  { hasPalette, channels }: PngHeader,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): void {
  if (hasPalette && palette === undefined) throw damaged("it has no palette");
  if (palette !== undefined) {
    const { length } = palette;
    if (length === 0 || length % 3 !== 0 || length > 3 * MOST_COLOURS)
      throw damaged(`its PLTE chunk has ${length} bytes`);
  }
  if (transparency === undefined) return;
  // Files with an alpha channel must not have one.
  const { length } = transparency;
  const fits = hasPalette ? length <= (palette?.length ?? 0) / 3 : channels % 2 === 1 && length === 2 * channels;
  if (!fits) throw damaged(`its tRNS chunk has ${length} bytes`);
}

function hasChecksum(bytes: Uint8Array, offset: number, end: number): boolean {
  const stored = Array.from(bytes.subarray(end - 4, end), hexadecimal).join("");
  return crc32(bytes.subarray(offset + 4, end - 4)) === stored;
}

function hexadecimal(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function damaged(problem: string): Error {
  return new Error(`the PNG is damaged: ${problem}`);
}
