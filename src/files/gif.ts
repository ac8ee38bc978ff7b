import type { PixelImage } from "../image/pixel-image.ts";
import { latin1, viewOf } from "./bytes.ts";
import { checkClaimedSize } from "./limits.ts";

// Written here, since the reader that packages offer prints to standard output and takes what is cut short for whole.

/** The first picture of a GIF, before it is unpacked. */
interface GifFrame {
  /** Of the whole, in which the picture lies. */
  readonly screenWidth: number;
  readonly screenHeight: number;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Red, green and blue of each colour. */
  readonly palette: Uint8Array;
  /** The colour that is not painted. */
  readonly transparent: number | undefined;
  /** Bits of the shortest codes, less one. */
  readonly codeBits: number;
  readonly packed: readonly Uint8Array[];
}

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const END = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const MOST_CODES = 4096;
/** First row and step of each of the four passes of an interlaced picture. */
const PASSES: readonly (readonly [number, number])[] = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
];

/** Whether the bytes begin as a GIF does. */
export function looksLikeGif(bytes: Uint8Array): boolean {
  return latin1(bytes, 0, 4) === "GIF8";
}

/**
 * Decodes the first picture of a GIF, interlaced or not; what it does not cover of the whole is transparent. Source:
 * CompuServe, "Graphics Interchange Format", version 89a.
 *
 * @throws {Error} saying what is wrong: claimed size, no picture, colours that are not there, damaged, cut short
 */
export function decodeGifImage(bytes: Uint8Array): PixelImage {
  const frame = readFirstFrame(bytes);
  const { screenWidth, screenHeight, width, palette, transparent } = frame;
  const indices = unpackCodes(frame);
  const colours = palette.length / 3;
  const data = new Uint8Array(4 * screenWidth * screenHeight);
  rowsOf(frame).forEach((row, stored) => {
    let place = 4 * ((frame.top + row) * screenWidth + frame.left);
    for (let pixel = stored * width; pixel < (stored + 1) * width; ++pixel, place += 4) {
      const index = indices[pixel] as number;
      if (index === transparent) continue;
      if (index >= colours) {
        throw new Error(`the GIF is damaged: pixel ${pixel} has colour ${index} of a palette of ${colours}`);
      }
      data.set(palette.subarray(3 * index, 3 * index + 3), place);
      data[place + 3] = 255;
    }
  });
  return { data, width: screenWidth, height: screenHeight, channels: 4 };
}

function readFirstFrame(bytes: Uint8Array): GifFrame {
  const version = latin1(bytes, 0, 6);
  if (version !== "GIF87a" && version !== "GIF89a") {
    throw new Error(`the GIF is of the version ${JSON.stringify(version.slice(3))}; 87a and 89a are read`);
  }
  const view = viewOf(bytes);
  const wants = (end: number): void => {
    if (end > bytes.length) throw new Error("the GIF is cut short: it ends before its first picture does");
  };
  wants(13);
  const flags = view.getUint8(10);
  let offset = 13;
  const paletteAt = (packedFlags: number): Uint8Array | undefined => {
    if ((packedFlags & 0x80) === 0) return undefined;
    const length = 3 * 2 ** ((packedFlags & 7) + 1);
    wants(offset + length);
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  const subBlocks = (): Uint8Array[] => {
    const blocks: Uint8Array[] = [];
    for (;;) {
      wants(offset + 1);
      const length = view.getUint8(offset++);
      if (length === 0) return blocks;
      wants(offset + length);
      blocks.push(bytes.subarray(offset, offset + length));
      offset += length;
    }
  };

  const shared = paletteAt(flags);
  let transparent: number | undefined;
  for (;;) {
    wants(offset + 1);
    const kind = view.getUint8(offset++);
    if (kind === EXTENSION) {
      wants(offset + 1);
      const label = view.getUint8(offset++);
      const [content] = subBlocks();
      if (label === GRAPHIC_CONTROL && content !== undefined && content.length >= 4) {
        transparent = ((content[0] as number) & 1) === 1 ? content[3] : undefined;
      }
    } else if (kind === IMAGE) {
      wants(offset + 9);
      const [left, top, width, height] = [0, 2, 4, 6].map((place) => view.getUint16(offset + place, true)) as [
        number,
        number,
        number,
        number,
      ];
      const imageFlags = view.getUint8(offset + 8);
      offset += 9;
      checkClaimedSize(width, height);
      // Browsers widen the whole for a picture that does not fit into it.
      const screenWidth = Math.max(view.getUint16(6, true), left + width);
      const screenHeight = Math.max(view.getUint16(8, true), top + height);
      checkClaimedSize(screenWidth, screenHeight);
      const palette = paletteAt(imageFlags) ?? shared;
      if (palette === undefined) throw new Error("the GIF is damaged: it has no palette");
      wants(offset + 1);
      const codeBits = view.getUint8(offset++);
      if (codeBits < 1 || codeBits > 8) {
        throw new Error(`the GIF is damaged: its codes begin with ${codeBits} bits; 1 to 8 are possible`);
      }
      const interlaced = (imageFlags & 0x40) !== 0;
      const place = { screenWidth, screenHeight, left, top, width, height, interlaced };
      return { ...place, palette, transparent, codeBits, packed: subBlocks() };
    } else if (kind === END) {
      throw new Error("the GIF has no picture");
    } else {
      throw new Error(`the GIF is damaged: it has a block of the kind ${kind.toString(16).padStart(2, "0")}`);
    }
  }
}

/** The rows of the picture in the order in which they are stored. */
function rowsOf({ height, interlaced }: GifFrame): number[] {
  if (!interlaced) return Array.from({ length: height }, (_, row) => row);
  const rows: number[] = [];
  for (const [first, step] of PASSES) for (let row = first; row < height; row += step) rows.push(row);
  return rows;
}

/** Unpacks LZW: each code stands for a string of colours, most of them for an earlier one and one colour more. */
function unpackCodes({ codeBits, packed, width, height }: GifFrame): Uint8Array {
  const indices = new Uint8Array(width * height);
  const clear = 2 ** codeBits;
  const end = clear + 1;
  /** For each code its first and last colours, the code of what comes before the last, and how many colours it has. */
  const first = new Uint8Array(MOST_CODES);
  const last = new Uint8Array(MOST_CODES);
  const before = new Uint16Array(MOST_CODES);
  const lengths = new Uint16Array(MOST_CODES);
  for (let code = 0; code < clear; ++code) {
    first[code] = code;
    last[code] = code;
    lengths[code] = 1;
  }
  let codes = end + 1;
  let bits = codeBits + 1;
  let previous: number | undefined;
  let length = 0;

  /** Writes a code's colours from the last to the first, as far as there is room. */
  const write = (code: number): void => {
    let at = code;
    for (let place = length + (lengths[code] as number) - 1; place >= length; --place) {
      if (place < indices.length) indices[place] = last[at] as number;
      at = before[at] as number;
    }
    length += lengths[code] as number;
  };

  let word = 0;
  let wordBits = 0;
  for (const block of packed) {
    for (const byte of block) {
      word |= byte << wordBits;
      wordBits += 8;
      while (wordBits >= bits) {
        const code = word & (2 ** bits - 1);
        word >>>= bits;
        wordBits -= bits;
        if (code === clear) {
          codes = end + 1;
          bits = codeBits + 1;
          previous = undefined;
          continue;
        }
        if (code === end) return whole(indices, length);
        if (code > codes || (code === codes && (previous === undefined || codes === MOST_CODES))) {
          throw new Error("the GIF is damaged: it has a code that stands for nothing yet");
        }
        if (previous !== undefined && codes < MOST_CODES) {
          before[codes] = previous;
          lengths[codes] = (lengths[previous] as number) + 1;
          // The new string ends with the first colour of this one, which may be the new string itself.
          first[codes] = first[previous] as number;
          last[codes] = first[code === codes ? previous : code] as number;
          ++codes;
          if (codes === 2 ** bits && bits < 12) ++bits;
        }
        write(code);
        previous = code;
        if (length >= indices.length) return indices;
      }
    }
  }
  return whole(indices, length);
}

function whole(indices: Uint8Array, length: number): Uint8Array {
  if (length >= indices.length) return indices;
  throw new Error(`the GIF is cut short: it has ${length} of ${indices.length} pixels`);
}
