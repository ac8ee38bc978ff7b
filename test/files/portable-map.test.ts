import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageDirectory } from "./image-directory.ts";

const { read, readOne } = imageDirectory();

describe("PBM", () => {
  const bitmap = fc.record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 9 }),
    numbers: fc.array(fc.nat(1), { minLength: 30, maxLength: 40 }),
    gap: fc.constantFrom("", " ", "\n", " # 1\n", "\t"),
  });

  it("is read to the bit, as text or as bytes, with 1 as black", async () => {
    await fc.assert(
      fc.asyncProperty(bitmap, async ({ width, height, numbers, gap }) => {
        const bits = Array.from({ length: width * height }, (_, index) => numbers[index % numbers.length] as number);
        const rows = Array.from({ length: height }, (_, row) => bits.slice(row * width, (row + 1) * width).join(""));
        const bytes = rows.flatMap((row) =>
          (row.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2)),
        );
        const wanted = { data: bits.map((bit) => (bit === 1 ? 0 : 65535)), width, height, channels: 1 };
        expect(await readOne("text.pbm", `P1\n${width} ${height}\n${bits.join(gap)}\n`)).toEqual(wanted);
        const head = Buffer.from(`P4\n# bits\n${width} ${height}\n`);
        expect(await readOne("bits.pbm", Buffer.concat([head, Uint8Array.from(bytes)]))).toEqual(wanted);
      }),
      { seed: 4, numRuns: 150 },
    );
  });
});

describe("PGM and PPM", () => {
  const full = 65535;
  it.each([
    ["P2", "P2\n# a comment\n3 1 # another\n4\n0 2\n4\n", 1, [0, Math.round(full / 2), full]],
    ["P3", "P3 1 2 255 0 255 0 255 0 255", 3, [0, full, 0, full, 0, full]],
    ["P5", Buffer.from("P5 3 1 255\n\u0000\u00ff\u0033", "latin1"), 1, [0, full, 13107]],
    ["P6", Buffer.from("P6\n1 1\n255\n\u0000\u00ff\u0033", "latin1"), 3, [0, full, 13107]],
    ["16-bit P5", Buffer.from("P5 2 1 65535\n\u0001\u0002\u00ff\u00ff", "latin1"), 1, [258, full]],
  ])("reads %s", async (_, bytes, channels, values) => {
    expect(await readOne("image.pgm", bytes)).toMatchObject({ data: values, channels });
  });

  it.each([
    ["a claimed 30000×30000", "P5 30000 30000 255\n", /claims 30000×30000 pixels/],
    ["a text file that is too short for its claim", "P2 5000 5000 255\n1 2 3", /cut short: 25000000 values/],
    ["missing pixels", "P5 3 3 255\nabc", /3 bytes of pixels, 9 needed/],
    ["a missing number", "P5 3", /ends before the height/],
    ["something else for a number", "P2 3 x 255 1 2 3", /has "x" for the height/],
    ["a negative size", "P2 -3 1 255 1 2 3", /has "-3" for the width/],
    ["a largest value of 0", "P2 1 1 0 0", /largest value is 0/],
    ["a largest value of 70000", "P2 1 1 70000 0", /largest value is 70000/],
    ["a value above the largest", "P2 2 1 4 3 5", /value 1 is 5, above the declared largest, 4/],
    ["what is neither of the three", "P7\nWIDTH 8", /of kind P7; P1 to P6 are read/],
    ["bits that are none", "P1 2 1 02", /has "2" for value 1; 0 or 1 are wanted/],
    ["missing bits", "P4 9 2\nabc", /3 bytes of pixels, 4 needed/],
    ["missing bits as text", "P1 3000 3000\n0101", /4 characters of pixels, 9000000 needed/],
  ])("refuses %s", async (_, text, message) => {
    await expect(read("bad.pgm", text)).rejects.toThrow(message);
    await expect(read("bad.pgm", text)).rejects.toThrow(/bad\.pgm: /);
  });
});
