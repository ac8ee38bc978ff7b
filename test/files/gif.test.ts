import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageDirectory } from "./image-directory.ts";

// GIFs packed here as the specification says, out of colours that are known.

const { read, readOne } = imageDirectory();

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  /** Added to the least screen that holds the picture. */
  readonly more: number;
  readonly interlaced: boolean;
  /** Colours are two to the power of it. */
  readonly bits: number;
  readonly ownPalette: boolean;
  readonly transparent: boolean;
  /** Codes after which the table is begun anew; the first of them would be at 4096 otherwise. */
  readonly renewal: number;
  readonly block: number;
  readonly extensions: boolean;
  readonly numbers: readonly number[];
  /** How far the colours change from one to the next: the longer they stay, the longer the strings. */
  readonly calm: number;
}

const picture: fc.Arbitrary<Picture> = fc.record({
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 20 }),
  left: fc.nat(3),
  top: fc.nat(3),
  more: fc.nat(3),
  interlaced: fc.boolean(),
  bits: fc.integer({ min: 1, max: 8 }),
  ownPalette: fc.boolean(),
  transparent: fc.boolean(),
  renewal: fc.constantFrom(3, 100, 4096),
  block: fc.integer({ min: 1, max: 255 }),
  extensions: fc.boolean(),
  numbers: fc.array(fc.nat(65535), { minLength: 40, maxLength: 80 }),
  calm: fc.integer({ min: 1, max: 40 }),
});

const word = (value: number): number[] => [value & 255, value >> 8];

function blocks(bytes: readonly number[], size: number): number[] {
  const made: number[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    const part = bytes.slice(start, start + size);
    made.push(part.length, ...part);
  }
  return [...made, 0];
}

/** LZW by a map of strings. */
function pack(values: readonly number[], bits: number, renewal: number): number[] {
  const [clear, end] = [2 ** bits, 2 ** bits + 1];
  let table = new Map<string, number>();
  let width = bits + 1;
  let next = end + 1;
  let text = "";
  let since = 0;
  const put = (code: number): void => {
    text += [...code.toString(2).padStart(width, "0")].reverse().join("");
  };
  const codeOf = (string: string): number => (string.includes(",") ? (table.get(string) as number) : Number(string));
  /** The code before has made the reader's table grow. */
  const widen = (): void => {
    if (next === 2 ** width && width < 12) ++width;
  };
  const begin = (): void => {
    if (since > 0) widen();
    put(clear);
    table = new Map();
    width = bits + 1;
    next = end + 1;
    since = 0;
  };
  begin();
  let string = "";
  for (const value of values) {
    const longer = string === "" ? `${value}` : `${string},${value}`;
    if (!longer.includes(",") || table.has(longer)) {
      string = longer;
      continue;
    }
    put(codeOf(string));
    string = `${value}`;
    if (++since >= renewal) {
      begin();
    } else if (next < 4096) {
      table.set(longer, next);
      // The reader knows each string one code later than the writer.
      widen();
      ++next;
    }
  }
  put(codeOf(string));
  widen();
  put(end);
  return (text.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt([...byte].reverse().join(""), 2));
}

function made(given: Picture) {
  const { width, height, left, top, more, interlaced, bits, ownPalette, transparent, numbers, calm } = given;
  const number = (index: number): number => (numbers[index % numbers.length] as number) + 31 * index;
  const colours = 2 ** bits;
  const palette = Array.from({ length: colours }, (_, index) => [0, 1, 2].map((c) => number(3 * index + c) % 256));
  const indices = Array.from({ length: width * height }, (_, index) => number(Math.floor(index / calm)) % colours);
  const clear = number(9) % colours;
  const rows = Array.from({ length: height }, (_, row) => row);
  // Rows 0, 8, …, then 4, 12, …, then 2, 6, …, then the odd ones.
  const passOf = (row: number): number => (row % 8 === 0 ? 0 : row % 4 === 0 ? 1 : row % 2 === 0 ? 2 : 3);
  if (interlaced) rows.sort((one, other) => passOf(one) - passOf(other) || one - other);
  const stored = rows.flatMap((row) => indices.slice(row * width, (row + 1) * width));
  const [screenWidth, screenHeight] = [left + width + more, top + height + more];
  const table = palette.flat();
  const other = palette.flatMap(() => [1, 2, 3]);
  const bytes = [
    ...Buffer.from(number(1) % 2 === 0 ? "GIF87a" : "GIF89a"),
    ...word(screenWidth),
    ...word(screenHeight),
    0x80 | (bits - 1),
    0,
    0,
    ...(ownPalette ? other : table),
    ...(given.extensions ? [0x21, 0xff, 11, ...Buffer.from("NETSCAPE2.0"), 3, 1, 0, 0, 0] : []),
    ...(given.extensions ? [0x21, 0xfe, ...blocks([...Buffer.from("a comment, two blocks long")], 20)] : []),
    ...(transparent || given.extensions ? [0x21, 0xf9, 4, transparent ? 1 : 0, 0, 0, clear, 0] : []),
    0x2c,
    ...[left, top, width, height].flatMap(word),
    (ownPalette ? 0x80 | (bits - 1) : 0) | (interlaced ? 0x40 : 0),
    ...(ownPalette ? table : []),
    Math.max(2, bits),
    ...blocks(pack(stored, Math.max(2, bits), given.renewal), given.block),
    // Another picture, which is not read.
    ...(given.extensions ? [0x2c, ...[0, 0, 1, 1].flatMap(word), 0, 2, ...blocks(pack([0], 2, 9), 9)] : []),
    0x3b,
  ];
  const data = Array.from({ length: screenWidth * screenHeight }, (_, pixel) => {
    const [x, y] = [(pixel % screenWidth) - left, Math.floor(pixel / screenWidth) - top];
    const index = indices[y * width + x] as number;
    const painted = x >= 0 && y >= 0 && x < width && y < height && !(transparent && index === clear);
    return painted ? [...(palette[index] as number[]), 255] : [0, 0, 0, 0];
  }).flat();
  return { bytes: Uint8Array.from(bytes), data, width: screenWidth, height: screenHeight };
}

describe("GIF", () => {
  it("is read to the value: the first picture, wherever it lies in the whole", async () => {
    await fc.assert(
      fc.asyncProperty(picture, async (given) => {
        const { bytes, data, width, height } = made(given);
        expect(await readOne("picture.gif", bytes)).toEqual({ data, width, height, channels: 4 });
      }),
      { seed: 11, numRuns: 400 },
    );
  });

  it("is read where its table is full", async () => {
    const noise = Array.from({ length: 997 }, (_, index) => (index * index * 7919) % 65_521);
    const given = { left: 0, top: 0, more: 0, interlaced: false, bits: 8, ownPalette: false, transparent: false };
    const large = { width: 150, height: 90, renewal: 1e9, block: 255, extensions: false, numbers: noise, calm: 1 };
    const { bytes, data } = made({ ...given, ...large });
    expect((await readOne("noise.gif", bytes)).data).toEqual(data);
  });

  const whole = made({
    width: 9,
    height: 5,
    left: 0,
    top: 0,
    more: 0,
    interlaced: false,
    bits: 2,
    ownPalette: false,
    transparent: false,
    renewal: 4096,
    block: 255,
    extensions: false,
    numbers: [3, 5, 7, 2, 11, 13],
    calm: 1,
  }).bytes;
  // After header, palette and the picture's place.
  const codes = 13 + 12 + 10;
  const changed = (changes: Readonly<Record<number, number>>): Uint8Array =>
    Uint8Array.from(whole, (byte, index) => changes[index] ?? byte);
  it.each<[string, Uint8Array, RegExp]>([
    ["of a claimed 65535×65535", changed({ 30: 255, 31: 255, 32: 255, 33: 255 }), /claims 65535×65535 pixels/],
    ["of a claimed screen", changed({ 6: 255, 7: 255, 8: 255, 9: 255 }), /claims 65535×65535 pixels/],
    ["of no width", changed({ 30: 0 }), /claims 0×5 pixels/],
    ["of version 80a", changed({ 4: 0x30 }), /of the version "80a"; 87a and 89a are read/],
    ["without a picture", Uint8Array.from([...whole.subarray(0, 25), 0x3b]), /the GIF has no picture/],
    ["without a palette", Uint8Array.from([...whole.subarray(0, 10), 0, 0, 0, ...whole.subarray(25)]), /no palette/],
    ["with an unknown block", changed({ 25: 0x55 }), /it has a block of the kind 55/],
    ["with codes of 9 bits", changed({ [codes]: 9 }), /its codes begin with 9 bits; 1 to 8 are possible/],
    [
      "with a code for nothing",
      changed({ [codes + 2]: 0xff, [codes + 3]: 0xff }),
      /a code that stands for nothing yet/,
    ],
    ["with an early end", changed({ [codes + 2]: 0b00101100 }), /the GIF is cut short: it has 0 of 45 pixels/],
    ["with no codes", Uint8Array.from([...whole.subarray(0, codes + 1), 0, 0x3b]), /it has 0 of 45 pixels/],
  ])("%s is refused", async (_, bytes, message) => {
    await expect(read("bad.gif", bytes)).rejects.toThrow(message);
    await expect(read("bad.gif", bytes)).rejects.toThrow(/bad\.gif: /);
  });

  it("is refused wherever it is cut within its picture", async () => {
    for (let length = 6; length < whole.length - 4; ++length) {
      await expect(read("cut.gif", whole.subarray(0, length))).rejects.toThrow(/cut\.gif: the GIF /);
    }
  });
});
