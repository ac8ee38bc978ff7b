import type { PixelImage } from "../image/pixel-image.ts";
import { checkClaimedSize } from "./limits.ts";

interface Kind {
  readonly channels: number;
  readonly text: boolean;
  /** Whether a value is one bit, and 1 is black. */
  readonly bits: boolean;
}

/** By the two letters that such a file begins with. */
const KINDS: Readonly<Record<string, Kind>> = {
  P1: { channels: 1, text: true, bits: true },
  P2: { channels: 1, text: true, bits: false },
  P3: { channels: 3, text: true, bits: false },
  P4: { channels: 1, text: false, bits: true },
  P5: { channels: 1, text: false, bits: false },
  P6: { channels: 3, text: false, bits: false },
};
const LARGEST_MAXIMUM = 65535;
const MOST_DIGITS = 9;

/**
 * Decodes a PBM, PGM or PPM image: P1, P2 and P3 as text, P4, P5 and P6 as bytes, up to 16 bits per value. Of several images
 * in one file the first is read.
 *
 * @throws Error saying what is wrong: header, claimed size, missing or oversized values
 */
export function decodePortableMap(bytes: Uint8Array): PixelImage {
  const reader = new TokenReader(bytes);
  const magic = reader.next("the two letters that name the kind");
  const kind = KINDS[magic];
  if (kind === undefined) throw new Error(`the portable map is of kind ${magic}; P1 to P6 are read`);
  const width = reader.nextNumber("the width");
  const height = reader.nextNumber("the height");
  checkClaimedSize(width, height);
  if (kind.bits) return readBitmap(kind, reader, bytes, width, height);
  const maximum = reader.nextNumber("the largest value");
  if (maximum < 1 || maximum > LARGEST_MAXIMUM) {
    throw new RangeError(`the portable map's largest value is ${maximum}; it must be 1 to ${LARGEST_MAXIMUM}`);
  }
  const count = width * height * kind.channels;
  const values = kind.text ? new TextValues(reader) : new BinaryValues(bytes, reader.offset + 1, count, maximum);
  // A text value takes a character and a space at least; without this a short file could claim a large array.
  if (kind.text && 2 * count - 1 > bytes.length - reader.offset) {
    throw new Error(`the portable map is cut short: ${count} values do not fit into ${bytes.length} bytes`);
  }
  const data = new Uint16Array(count);
  for (let index = 0; index < count; ++index) {
    const value = values.next(index);
    if (value > maximum) throw new RangeError(`value ${index} is ${value}, above the declared largest, ${maximum}`);
    data[index] = Math.round((value * LARGEST_MAXIMUM) / maximum);
  }
  return { data, width, height, channels: kind.channels };
}

/** A PBM has no largest value; its rows of bits begin with a byte each, and as text its bits need nothing between them. */
function readBitmap(
  { text, channels }: Kind,
  reader: TokenReader,
  bytes: Uint8Array,
  width: number,
  height: number,
): PixelImage {
  const rowBytes = text ? width : Math.ceil(width / 8);
  const start = reader.offset + 1;
  const there = Math.max(0, bytes.length - start);
  if (there < rowBytes * height) {
    const unit = text ? "characters" : "bytes";
    throw new Error(`the portable map is cut short: ${there} ${unit} of pixels, ${rowBytes * height} needed`);
  }
  const data = new Uint16Array(width * height);
  for (let row = 0, index = 0; row < height; ++row) {
    for (let column = 0; column < width; ++column, ++index) {
      const black = text
        ? reader.nextBit(index)
        : ((bytes[start + row * rowBytes + (column >> 3)] as number) >> (7 - (column & 7))) & 1;
      data[index] = black === 1 ? 0 : LARGEST_MAXIMUM;
    }
  }
  return { data, width, height, channels };
}

/** Reads what lies between white space and comments. */
class TokenReader {
  readonly #bytes: Uint8Array;
  /** Just after the last token read. */
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(wanted: string): string {
    this.#skipSpace();
    const start = this.offset;
    while (this.offset < this.#bytes.length && !isSpace(this.#bytes[this.offset] as number)) ++this.offset;
    if (this.offset === start) throw new Error(`the portable map is cut short: it ends before ${wanted}`);
    // Longer tokens are no numbers, and a message should not quote a whole file.
    return Buffer.from(this.#bytes.subarray(start, Math.min(this.offset, start + 12))).toString("latin1");
  }

  nextNumber(wanted: string): number {
    const number = this.tryNumber();
    if (number !== undefined) return number;
    throw new Error(`the portable map has ${JSON.stringify(this.next(wanted))} for ${wanted}`);
  }

  /**
   * The next number, several times faster than `nextNumber`; undefined, and nothing read, where there is none of at most 9
   * digits.
   */
  tryNumber(): number | undefined {
    this.#skipSpace();
    let end = this.offset;
    let value = 0;
    for (; end < this.#bytes.length && !isSpace(this.#bytes[end] as number); ++end) {
      const digit = (this.#bytes[end] as number) - 0x30;
      if (digit < 0 || digit > 9 || end - this.offset === MOST_DIGITS) return undefined;
      value = 10 * value + digit;
    }
    if (end === this.offset) return undefined;
    this.offset = end;
    return value;
  }

  /** The next character, which has to be 0 or 1. */
  nextBit(index: number): number {
    this.#skipSpace();
    const bit = (this.#bytes[this.offset] ?? Number.NaN) - 0x30;
    if (bit !== 0 && bit !== 1) {
      throw new Error(
        `the portable map has ${JSON.stringify(this.next(`value ${index}`))} for value ${index}; 0 or 1 are wanted`,
      );
    }
    ++this.offset;
    return bit;
  }

  #skipSpace(): void {
    for (; this.offset < this.#bytes.length; ++this.offset) {
      if (this.#bytes[this.offset] === 0x23) {
        while (this.offset < this.#bytes.length && this.#bytes[this.offset] !== 0x0a) ++this.offset;
      } else if (!isSpace(this.#bytes[this.offset] as number)) return;
    }
  }
}

class TextValues {
  readonly #reader: TokenReader;
  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  next(index: number): number {
    return this.#reader.tryNumber() ?? this.#reader.nextNumber(`value ${index}`);
  }
}

class BinaryValues {
  readonly #view: DataView;
  readonly #wide: boolean;
  constructor(bytes: Uint8Array, start: number, count: number, maximum: number) {
    this.#wide = maximum > 255;
    const needed = count * (this.#wide ? 2 : 1);
    const there = Math.max(0, bytes.length - start);
    if (there < needed) throw new Error(`the portable map is cut short: ${there} bytes of pixels, ${needed} needed`);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + start, needed);
  }
  next(index: number): number {
    return this.#wide ? this.#view.getUint16(2 * index) : this.#view.getUint8(index);
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
