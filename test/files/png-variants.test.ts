import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodePngImage } from "../../src/files/png.ts";
import { exifBlock, pngChunk, stored } from "./handmade-files.ts";

// Every kind of PNG that the specification allows, made here out of values that are known, and what PngSuite has of broken ones.

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const KINDS = [
  ...[1, 2, 4, 8, 16].map((depth) => ({ colourType: 0, channels: 1, depth })),
  ...[8, 16].map((depth) => ({ colourType: 2, channels: 3, depth })),
  ...[1, 2, 4, 8].map((depth) => ({ colourType: 3, channels: 1, depth })),
  ...[8, 16].map((depth) => ({ colourType: 4, channels: 2, depth })),
  ...[8, 16].map((depth) => ({ colourType: 6, channels: 4, depth })),
];
/** As the specification draws them: in which pass each pixel of a block of 8×8 comes. */
const PASS_OF_PIXEL = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"];

interface Variant {
  readonly kind: (typeof KINDS)[number];
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  /** Random numbers for the values, filters, palette and transparency. */
  readonly numbers: readonly number[];
  readonly transparent: boolean;
  readonly orientation: number;
  /** Bytes of each IDAT chunk. */
  readonly piece: number;
  readonly gamma: boolean;
  readonly level: number;
}

const variant = (kinds: readonly (typeof KINDS)[number][]): fc.Arbitrary<Variant> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    interlaced: fc.boolean(),
    numbers: fc.array(fc.nat(65535), { minLength: 40, maxLength: 80 }),
    transparent: fc.boolean(),
    orientation: fc.integer({ min: 0, max: 8 }),
    piece: fc.integer({ min: 1, max: 60 }),
    gamma: fc.boolean(),
    level: fc.constantFrom(0, 1, 9),
  });

/** The bytes of a variant, and what reading them has to give before it is turned. */
function made({ kind, width, height, interlaced, numbers, transparent, orientation, piece, gamma, level }: Variant) {
  const { colourType, channels, depth } = kind;
  const number = (index: number): number => (numbers[index % numbers.length] as number) + 31 * index;
  const colours = Math.min(2 ** depth, 1 + (number(3) % 256));
  const limit = colourType === 3 ? colours : 2 ** depth;
  const values = Array.from({ length: width * height * channels }, (_, index) => number(index) % limit);

  const palette = Array.from({ length: 3 * colours }, (_, index) => number(7 * index) % 256);
  const alphas = Array.from({ length: 1 + (number(5) % colours) }, (_, index) => number(11 * index) % 256);
  // One that is there: that of some pixel.
  const from = (number(2) % (width * height)) * channels;
  const clear = values.slice(from, from + channels);
  const takesClear = transparent && colourType !== 4 && colourType !== 6;

  const passes = interlaced ? "1234567" : "1";
  const passOf = (x: number, y: number): string => (interlaced ? (PASS_OF_PIXEL[y % 8]?.[x % 8] ?? "") : "1");
  const filtered: number[] = [];
  let rows = 0;
  for (const pass of passes) {
    let above: number[] = [];
    for (let y = 0; y < height; ++y) {
      const columns = Array.from({ length: width }, (_, x) => x).filter((x) => passOf(x, y) === pass);
      if (columns.length === 0) continue;
      const bits = columns
        .flatMap((x) => values.slice((y * width + x) * channels, (y * width + x + 1) * channels))
        .map((value) => value.toString(2).padStart(depth, "0"))
        .join("");
      const row = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
      const filter = number(13 * rows++) % 5;
      filtered.push(filter, ...filteredRow(filter, row, above, Math.max(1, (channels * depth) / 8)));
      above = row;
    }
  }

  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, interlaced ? 1 : 0], 8);
  const packed = deflateSync(Uint8Array.from(filtered), { level });
  const pieces = Array.from({ length: Math.ceil(packed.length / piece) }, (_, index) =>
    packed.subarray(index * piece, (index + 1) * piece),
  );
  const sixteen = Buffer.alloc(2 * channels);
  clear.forEach((value, channel) => {
    sixteen.writeUInt16BE(value, 2 * channel);
  });
  const chunks = [
    pngChunk("IHDR", header),
    ...(gamma ? [pngChunk("gAMA", Uint8Array.of(0, 1, 0x86, 0xa0))] : []),
    ...(colourType === 3 ? [pngChunk("PLTE", Uint8Array.from(palette))] : []),
    ...(takesClear ? [pngChunk("tRNS", colourType === 3 ? Uint8Array.from(alphas) : sixteen)] : []),
    ...(orientation > 0 ? [pngChunk("eXIf", exifBlock(orientation, numbers.length % 2 === 0))] : []),
    ...pieces.map((content) => pngChunk("IDAT", content)),
    pngChunk("IEND", new Uint8Array(0)),
  ];

  const pixels = Array.from({ length: width * height }, (_, pixel) => {
    const own = values.slice(pixel * channels, (pixel + 1) * channels);
    if (colourType === 3) {
      const index = own[0] as number;
      return [...palette.slice(3 * index, 3 * index + 3), ...(takesClear ? [alphas[index] ?? 255] : [])];
    }
    const brightest = depth === 16 ? 65535 : 255;
    const alpha = own.every((value, channel) => value === clear[channel]) ? 0 : brightest;
    return [...own.map((value) => (value * brightest) / (2 ** depth - 1)), ...(takesClear ? [alpha] : [])];
  });
  return { bytes: Buffer.concat([SIGNATURE, ...chunks]), chunks, pixels };
}

/** PNG specification, section 9.2, by the formulas there. */
function filteredRow(filter: number, row: readonly number[], above: readonly number[], pixelBytes: number): number[] {
  return row.map((x, index) => {
    const [a, b, c] = [row[index - pixelBytes] ?? 0, above[index] ?? 0, above[index - pixelBytes] ?? 0];
    const p = a + b - c;
    const nearest = [a, b, c].sort((one, other) => Math.abs(p - one) - Math.abs(p - other))[0] as number;
    const predicted = [0, a, b, Math.floor((a + b) / 2), nearest][filter] as number;
    return (x - predicted + 256) % 256;
  });
}

describe("a PNG of any kind", () => {
  it.each(KINDS)("of colour type $colourType with $depth bits is read to the value", (kind) => {
    fc.assert(
      fc.property(variant([kind]), (wanted) => {
        const { bytes, pixels } = made(wanted);
        const { data, width, height, channels } = decodePngImage(bytes);
        const upright = stored(pixels, wanted.width, wanted.height, wanted.orientation);
        expect([width, height, channels]).toEqual([upright.width, upright.height, upright.pixels[0]?.length]);
        expect(Array.from(data)).toEqual(upright.pixels.flat());
      }),
      { seed: 3, numRuns: 250 },
    );
  });
});

describe("a PNG that is broken", () => {
  const whole = made({
    kind: { colourType: 2, channels: 3, depth: 8 },
    width: 5,
    height: 4,
    interlaced: true,
    numbers: [9, 250, 37, 1, 65],
    transparent: false,
    orientation: 0,
    piece: 1000,
    gamma: true,
    level: 9,
  });
  const [header, gamma, data, end] = whole.chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const png = (...chunks: Uint8Array[]): Uint8Array => Buffer.concat([SIGNATURE, ...chunks]);
  const changed = (bytes: Uint8Array, place: number, value: number): Uint8Array =>
    Uint8Array.from(bytes, (byte, index) => (index === place ? value : byte));
  const palette = pngChunk("PLTE", Uint8Array.of(1, 2, 3));

  it.each<[string, Uint8Array, RegExp]>([
    [
      "line ends of Windows",
      Buffer.from(whole.bytes.toString("latin1").replace("\r\n", "\n"), "latin1"),
      /begins with/,
    ],
    ["line ends of Unix", changed(whole.bytes, 4, 0x0a), /begins with 89 50 4e 47 0a 0a 1a 0a instead of 89 50/],
    ["a signature of seven bits", changed(whole.bytes, 0, 0x09), /begins with 09 50 4e 47/],
    ["a wrong checksum of its header", png(changed(header, 24, 1), data, end), /the checksum of its IHDR chunk/],
    ["a wrong checksum of its pixels", png(header, changed(data, 12, 7), end), /the checksum of its IDAT chunk/],
    ["no pixels", png(header, gamma, end), /it has no pixel data \(IDAT\)$/],
    ["no end", png(header, data), /the PNG is cut short: it has no end chunk/],
    ["its header twice", png(header, header, data, end), /its IHDR chunk is there twice/],
    ["a palette twice", png(header, palette, palette, data, end), /its PLTE chunk is there twice/],
    ["a palette after its pixels", png(header, data, palette, end), /its PLTE chunk comes after pixel data/],
    ["a palette of 4 bytes", png(header, pngChunk("PLTE", new Uint8Array(4)), data, end), /its PLTE chunk has 4 bytes/],
    ["half a colour", png(header, pngChunk("tRNS", new Uint8Array(3)), data, end), /its tRNS chunk has 3 bytes/],
    [
      "an unknown chunk that is needed",
      png(header, pngChunk("ABCD", palette), data, end),
      /has a ABCD chunk, which is/,
    ],
  ])("by %s is refused with the reason", (_, bytes, message) => {
    expect(() => decodePngImage(bytes)).toThrow(message);
  });

  it("by what its pixels do not need is read", () => {
    const wanted = whole.pixels.flat();
    const wrong = changed(pngChunk("eXIf", exifBlock(6, true)), 12, 99);
    for (const more of [wrong, pngChunk("abCd", palette), pngChunk("eXIf", palette), changed(gamma, 9, 9)]) {
      expect(Array.from(decodePngImage(png(header, more, data, end)).data)).toEqual(wanted);
    }
    expect(Array.from(decodePngImage(Buffer.concat([whole.bytes, palette])).data)).toEqual(wanted);
  });
});
