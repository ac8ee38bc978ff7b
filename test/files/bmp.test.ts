import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageDirectory } from "./image-directory.ts";

// Every kind of BMP that is read, made here out of colours that are known.

const { read, readOne } = imageDirectory();

type Numbers = (index: number) => number;
type Colour = readonly number[];

const UNPACKED = 0;
const RLE8 = 1;
const RLE4 = 2;
const MASKS = 3;
const MASKS_WITH_ALPHA = 6;

interface Shape {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  /** 12 for OS/2 1.x, 40 for Windows 3, 64 for OS/2 2.x, and those with masks. */
  readonly headerBytes: number;
  /** Bytes between palette and pixels. */
  readonly gap: number;
  readonly numbers: readonly number[];
}

const shape = (headers: readonly number[]): fc.Arbitrary<Shape> =>
  fc.record({
    width: fc.integer({ min: 1, max: 19 }),
    height: fc.integer({ min: 1, max: 9 }),
    topDown: fc.boolean(),
    headerBytes: fc.constantFrom(...headers),
    gap: fc.nat(5),
    numbers: fc.array(fc.nat(65535), { minLength: 40, maxLength: 80 }),
  });

const numbersOf =
  ({ numbers }: Shape): Numbers =>
  (index) =>
    (numbers[index % numbers.length] as number) + 31 * index;

function bmp(
  { width, height, topDown, headerBytes, gap }: Shape,
  {
    depth,
    compression,
    masks = [],
    palette = [],
    pixels,
    claimedColours = palette.length,
  }: {
    depth: number;
    compression: number;
    masks?: readonly number[];
    palette?: readonly Colour[];
    pixels: Uint8Array;
    claimedColours?: number;
  },
): Uint8Array {
  const isCore = headerBytes === 12;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(headerBytes, 0);
  if (isCore) {
    [width, height, 1, depth].forEach((value, index) => {
      header.writeUInt16LE(value, 4 + 2 * index);
    });
  } else {
    header.writeInt32LE(width, 4);
    header.writeInt32LE(topDown ? -height : height, 8);
    header.writeUInt16LE(1, 12);
    header.writeUInt16LE(depth, 14);
    header.writeUInt32LE(compression, 16);
    header.writeUInt32LE(claimedColours, 32);
  }
  const maskBytes = Buffer.alloc(4 * masks.length);
  masks.forEach((mask, index) => {
    maskBytes.writeUInt32LE(mask, 4 * index);
  });
  if (headerBytes > 40) maskBytes.copy(header, 40);
  const colours = palette.flatMap(([red = 0, green = 0, blue = 0]) => [blue, green, red, ...(isCore ? [] : [0])]);
  const before = Buffer.concat([
    header,
    headerBytes > 40 ? Buffer.alloc(0) : maskBytes,
    Uint8Array.from(colours),
    Buffer.alloc(gap, 0xaa),
  ]);
  const file = Buffer.alloc(14);
  file.write("BM");
  file.writeUInt32LE(14 + before.length + pixels.length, 2);
  file.writeUInt32LE(14 + before.length, 10);
  return Buffer.concat([file, before, pixels]);
}

/** Rows of bits, filled up to 32 each, in the order in which they are stored. */
function rowsOfBits({ width, height, topDown }: Shape, values: readonly number[], depth: number): Uint8Array {
  const rows = Array.from({ length: height }, (_, row) => {
    // Numbers of more than a byte begin with the lowest.
    const bits = values.slice(row * width, (row + 1) * width).map((value) => value.toString(2).padStart(depth, "0"));
    const bytes = bits.flatMap((word) => (depth < 8 ? [] : (word.match(/.{8}/g) ?? []).reverse()));
    const text = depth < 8 ? bits.join("") : bytes.join("");
    return text.padEnd(32 * Math.ceil(text.length / 32), "0");
  });
  if (!topDown) rows.reverse();
  return Uint8Array.from((rows.join("").match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

const coloursOf = (number: Numbers, count: number): Colour[] =>
  Array.from({ length: count }, (_, index) => [0, 1, 2].map((channel) => number(3 * index + channel) % 256));

describe("BMP", () => {
  it.each([1, 2, 4, 8])("of a palette with %i bits is read to the value", async (depth) => {
    await fc.assert(
      fc.asyncProperty(shape([12, 40, 64, 108, 124]), async (given) => {
        const wanted = given.headerBytes === 12 ? { ...given, topDown: false, gap: 0 } : given;
        const number = numbersOf(wanted);
        const { width, height } = wanted;
        const colours = wanted.headerBytes === 12 ? 2 ** depth : 1 + (number(1) % 2 ** depth);
        const palette = coloursOf(number, colours);
        const indices = Array.from({ length: width * height }, (_, index) => number(5 * index) % colours);
        const bytes = bmp(wanted, {
          depth,
          compression: UNPACKED,
          palette,
          pixels: rowsOfBits(wanted, indices, depth),
          // None stands for all that the bits can tell apart.
          claimedColours: colours === 2 ** depth ? 0 : colours,
        });
        const data = indices.flatMap((index) => palette[index] as Colour);
        expect(await readOne("palette.bmp", bytes)).toEqual({ data, width, height, channels: 3 });
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  it("of 24 bits is read to the value", async () => {
    await fc.assert(
      fc.asyncProperty(shape([12, 40, 124]), async (given) => {
        const wanted = given.headerBytes === 12 ? { ...given, topDown: false } : given;
        const number = numbersOf(wanted);
        const { width, height } = wanted;
        const values = Array.from({ length: width * height }, (_, index) => (number(index) * 257) % 2 ** 24);
        const bytes = bmp(wanted, { depth: 24, compression: UNPACKED, pixels: rowsOfBits(wanted, values, 24) });
        const data = values.flatMap((value) => [value >> 16, (value >> 8) & 255, value & 255]);
        expect(await readOne("colours.bmp", bytes)).toEqual({ data, width, height, channels: 3 });
      }),
      { seed: 5, numRuns: 150 },
    );
  });

  // Red, green, blue and alpha.
  it.each<[number, number, readonly number[], readonly number[]]>([
    [16, UNPACKED, [], [0x7c00, 0x03e0, 0x001f, 0]],
    [32, UNPACKED, [], [0xff0000, 0xff00, 0xff, 0]],
    [16, MASKS, [40, 52], [0xf800, 0x07e0, 0x001f]],
    [16, MASKS, [56, 108, 124], [0x0f00, 0x00f0, 0x000f, 0xf000]],
    [16, MASKS_WITH_ALPHA, [40], [0x001f, 0x03e0, 0x7c00, 0x8000]],
    [32, MASKS, [40, 52], [0xff, 0xff00, 0xff0000]],
    [32, MASKS, [56, 124], [0xff000000, 0xff0000, 0xff00, 0xff]],
    [32, MASKS, [108], [0x3ff00000, 0xffc00, 0x3ff, 0xc0000000]],
  ])(
    "of %i bits packed as %i, with headers %j and masks %j, is read to the value",
    async (depth, packing, headers, masks) => {
      const some = headers.length === 0 ? [40] : headers;
      await fc.assert(
        fc.asyncProperty(shape(some), async (wanted) => {
          const number = numbersOf(wanted);
          const { width, height } = wanted;
          const values = Array.from({ length: width * height }, (_, index) => (number(index) * 65_537) % 2 ** depth);
          const pixels = rowsOfBits(wanted, values, depth);
          const bytes = bmp(wanted, { depth, compression: packing, masks: packing === UNPACKED ? [] : masks, pixels });
          const channel = (value: number, mask: number): number => {
            const bits = mask.toString(2);
            const low = bits.length - bits.lastIndexOf("1") - 1;
            const largest = Number.parseInt(bits.slice(0, bits.length - low), 2);
            return Math.round((255 * (Math.floor(value / 2 ** low) % (largest + 1))) / largest);
          };
          const alphas = values.map((value) => (masks[3] ? channel(value, masks[3]) : 255));
          const visible = alphas.some((alpha) => alpha > 0);
          const data = values.flatMap((value, pixel) => [
            ...masks.slice(0, 3).map((mask) => channel(value, mask)),
            visible ? alphas[pixel] : 255,
          ]);
          expect(await readOne("masks.bmp", bytes)).toEqual({ data, width, height, channels: 4 });
        }),
        { seed: 6, numRuns: 100 },
      );
    },
  );

  it.each([
    ["RLE8", 8, RLE8],
    ["RLE4", 4, RLE4],
  ])("of %s is read to the value, whatever its parts", async (_, depth, compression) => {
    await fc.assert(
      fc.asyncProperty(shape([40]), async (given) => {
        const wanted = { ...given, topDown: false };
        const number = numbersOf(wanted);
        const { width, height } = wanted;
        const palette = coloursOf(number, 2 ** depth);
        const indices = new Array<number>(width * height).fill(0);
        const bytes: number[] = [];
        let step = 0;
        for (let y = height - 1; y >= 0; --y) {
          let x = 0;
          while (x < width) {
            const kind = number(17 * ++step) % 4;
            const room = Math.min(width - x, 1 + (number(19 * step) % 12));
            if (kind === 0) {
              // A move to the right.
              bytes.push(0, 2, room, 0);
            } else if (kind === 1 && room >= 3) {
              const values = Array.from({ length: room }, (_, index) => number(23 * step + index) % 2 ** depth);
              const text = values.map((value) => value.toString(2).padStart(depth, "0")).join("");
              const literal = (text.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "0"), 2));
              bytes.push(0, room, ...literal, ...(literal.length % 2 === 1 ? [0] : []));
              values.forEach((value, index) => {
                indices[y * width + x + index] = value;
              });
            } else {
              const value = number(29 * step) % 256;
              bytes.push(room, value);
              for (let index = 0; index < room; ++index) {
                const half = index % 2 === 0 ? value >> 4 : value & 15;
                indices[y * width + x + index] = depth === 8 ? value : half;
              }
            }
            x += room;
            // Not to the end of the row: the rest has the first colour.
            if (number(37 * step) % 9 === 0) break;
          }
          if (y > 0 || number(41) % 2 === 0) bytes.push(0, 0);
        }
        bytes.push(0, 1);
        const data = indices.flatMap((index) => palette[index] as Colour);
        const file = bmp(wanted, { depth, compression, palette, pixels: Uint8Array.from(bytes) });
        expect(await readOne("runs.bmp", file)).toEqual({ data, width, height, channels: 3 });
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  const small = { width: 3, height: 2, topDown: false, headerBytes: 40, gap: 0, numbers: [] };
  const palette = [
    [0, 0, 0],
    [255, 255, 255],
  ];
  const eight = { depth: 8, compression: UNPACKED, palette, pixels: new Uint8Array(8) };
  const runs = (...bytes: number[]) => bmp(small, { ...eight, compression: RLE8, pixels: Uint8Array.from(bytes) });
  it.each<[string, Uint8Array, RegExp]>([
    ["of a claimed 30000×30000", bmp({ ...small, width: 30000, height: 30000 }, eight), /claims 30000×30000 pixels/],
    ["of no width", bmp({ ...small, width: 0 }, eight), /claims 0×2 pixels/],
    ["of a negative width", bmp({ ...small, width: -4 }, eight), /claims -4×2 pixels/],
    ["of the most negative height", bmp({ ...small, height: -(2 ** 31) }, eight), /claims 3×2147483648 pixels/],
    ["of two letters", Buffer.from("BM"), /the BMP is cut short: it ends within its header/],
    ["cut within its header", bmp(small, eight).subarray(0, 40), /the BMP is cut short: it ends within its header/],
    ["cut within its pixels", bmp(small, eight).subarray(0, -3), /its pixels need 69 bytes of the file, which has 67/],
    [
      "with a header of 20 bytes",
      bmp({ ...small, headerBytes: 20 + 20, gap: 0 }, eight).fill(20, 14, 15),
      /header of 20/,
    ],
    ["of 7 bits", bmp(small, { ...eight, depth: 7 }), /has 7 bits per pixel; packed in the way 0 it can have 1 or 2/],
    ["with a JPEG inside", bmp(small, { ...eight, compression: 4 }), /is packed in the way 4; 0, 1, 2, 3 and 6/],
    ["with runs of 24 bits", bmp(small, { ...eight, depth: 24, compression: RLE8 }), /has 24 bits per pixel; packed/],
    ["without a palette", bmp(small, { ...eight, palette: [] }), /it has no palette/],
    [
      "with colours that are not there",
      bmp(small, { ...eight, pixels: Uint8Array.of(0, 0, 0, 0, 0, 9, 0, 0) }),
      /pixel 1 has colour 9 of a palette of 2/,
    ],
    [
      "with a mask full of holes",
      bmp(small, { ...eight, depth: 16, compression: MASKS, masks: [0x0500, 0xf0, 0xf], pixels: new Uint8Array(16) }),
      /its mask 500 is no run of bits among 16/,
    ],
    [
      "with a mask beyond its bits",
      bmp(small, { ...eight, depth: 16, compression: MASKS, masks: [0xf0000, 0xf0, 0xf], pixels: new Uint8Array(16) }),
      /its mask f0000 is no run/,
    ],
    [
      "with runs upside down",
      bmp({ ...small, topDown: true }, { ...eight, compression: RLE8 }),
      /it has runs and stands upside down/,
    ],
    ["with runs that go on", runs(3, 1), /the BMP is cut short: its runs do not end/],
    ["with a run beyond its row", runs(4, 1, 0, 1), /its runs leave the picture/],
    ["with a move out of it", runs(0, 2, 0, 9, 0, 1), /its runs leave the picture/],
    ["with a literal part cut short", runs(0, 3, 1, 1), /the BMP is cut short: its runs do not end/],
  ])("%s is refused", async (_, bytes, message) => {
    await expect(read("bad.bmp", bytes)).rejects.toThrow(message);
    await expect(read("bad.bmp", bytes)).rejects.toThrow(/bad\.bmp: /);
  });

  it("of runs without a mark of the end is read", async () => {
    expect((await readOne("end.bmp", runs(3, 1, 0, 0, 3, 0))).data).toEqual([
      ...Array(9).fill(0),
      ...Array(9).fill(255),
    ]);
  });
});
