import { describe, expect, it } from "vitest";
import { imageDirectory } from "./image-directory.ts";

const { read, readOne } = imageDirectory();

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
    ["bitmaps", "P4 8 1 a", /of kind P4; P2, P3, P5 and P6 are read/],
  ])("refuses %s", async (_, text, message) => {
    await expect(read("bad.pgm", text)).rejects.toThrow(message);
    await expect(read("bad.pgm", text)).rejects.toThrow(/bad\.pgm: /);
  });
});
