import { deflateSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import { describe, expect, it } from "vitest";
import { handmadePng, pngChunk } from "./handmade-files.ts";
import { imageDirectory } from "./image-directory.ts";

const { read, readOne } = imageDirectory();

describe("PNG", () => {
  it.each([
    [1, 8],
    [2, 8],
    [3, 8],
    [4, 8],
    [1, 16],
    [3, 16],
  ] as const)("reads %i channels of %i bits", async (channels, depth) => {
    const values = Array.from({ length: 6 * channels }, (_, index) => (depth === 8 ? 10 * index : 3000 * index));
    const data = depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values);
    const frame = await readOne("image.png", encodePng({ width: 3, height: 2, data, channels, depth }));
    expect(frame).toEqual({ data: values, width: 3, height: 2, channels });
  });

  it("spreads 1-bit and 4-bit grey over the range", async () => {
    const oneBit = handmadePng({
      width: 3,
      height: 2,
      depth: 1,
      colourType: 0,
      rows: Uint8Array.of(0, 0b10100000, 0, 0b01000000),
    });
    expect((await readOne("bits.png", oneBit)).data).toEqual([255, 0, 255, 0, 255, 0]);
    const fourBit = handmadePng({ width: 3, height: 1, depth: 4, colourType: 0, rows: Uint8Array.of(0, 0x0f, 0x30) });
    expect((await readOne("nibbles.png", fourBit)).data).toEqual([0, 255, 51]);
  });

  it("looks colours up in a palette, with transparency", async () => {
    const palette = pngChunk("PLTE", Uint8Array.of(255, 0, 0, 0, 0, 255));
    const rows = Uint8Array.of(0, 0, 1);
    const shape = { width: 2, height: 1, depth: 8, colourType: 3, rows };
    const opaque = await readOne("palette.png", handmadePng({ ...shape, extraChunks: [palette] }));
    expect(opaque).toEqual({ data: [255, 0, 0, 0, 0, 255], width: 2, height: 1, channels: 3 });
    const transparency = pngChunk("tRNS", Uint8Array.of(0));
    const clear = await readOne("clear.png", handmadePng({ ...shape, extraChunks: [palette, transparency] }));
    expect(clear).toEqual({ data: [255, 0, 0, 0, 0, 0, 255, 255], width: 2, height: 1, channels: 4 });
  });

  it("reads interlaced images", async () => {
    const data = Uint8Array.from({ length: 70 }, (_, index) => 3 * index);
    const bytes = encodePng({ width: 10, height: 7, data, channels: 1 }, { interlace: "Adam7" });
    expect((await readOne("interlaced.png", bytes)).data).toEqual(Array.from(data));
  });

  it("refuses a claimed 30000×30000 before unpacking anything", async () => {
    const bytes = handmadePng({ width: 30000, height: 30000, depth: 8, colourType: 0, rows: new Uint8Array(10) });
    await expect(read("huge.png", bytes)).rejects.toThrow(
      /huge\.png: the header claims 30000×30000 pixels.*50 million/,
    );
  });

  it("refuses pixel data that unpack to more than the size needs", async () => {
    const bytes = handmadePng({ width: 2, height: 2, depth: 8, colourType: 0, rows: new Uint8Array(5_000_000) });
    await expect(read("bomb.png", bytes)).rejects.toThrow(/bomb\.png: .*more than the 6 bytes/);
  });

  it("does not unpack colour profiles", async () => {
    const profile = Buffer.concat([
      Buffer.from("name\0\0", "latin1"),
      deflateSync(new Uint8Array(1000)).subarray(0, 9),
    ]);
    const rows = Uint8Array.of(0, 77);
    const extraChunks = [pngChunk("iCCP", profile)];
    const frame = await readOne(
      "profile.png",
      handmadePng({ width: 1, height: 1, depth: 8, colourType: 0, rows, extraChunks }),
    );
    expect(frame.data).toEqual([77]);
  });

  it("refuses missing data, wherever it is cut", async () => {
    const rows = Uint8Array.from({ length: 4 * 101 }, (_, index) => (index % 101 === 0 ? 0 : (index * 37) % 251));
    const whole = handmadePng({ width: 100, height: 4, depth: 8, colourType: 0, rows });
    for (const length of [9, 20, 40, 100, whole.length - 5]) {
      await expect(read("cut.png", whole.subarray(0, length))).rejects.toThrow(/cut\.png: the PNG is cut short/);
    }
    const short = handmadePng({ width: 100, height: 5, depth: 8, colourType: 0, rows });
    await expect(read("short.png", short)).rejects.toThrow("unpack to 404 bytes; its size needs 505");
  });

  it("refuses changed bytes", async () => {
    const bytes = handmadePng({ width: 1, height: 1, depth: 8, colourType: 0, rows: Uint8Array.of(0, 5) });
    bytes[16 + 8] = 16;
    await expect(read("changed.png", bytes)).rejects.toThrow(/changed\.png: /);
    const unknown = handmadePng({ width: 1, height: 1, depth: 8, colourType: 5, rows: Uint8Array.of(0, 5) });
    await expect(read("unknown.png", unknown)).rejects.toThrow("colour type 5");
    const shape = { width: 2, height: 1, depth: 8, colourType: 0 };
    const filtered = handmadePng({ ...shape, rows: Uint8Array.of(9, 5, 5) });
    await expect(read("filter.png", filtered)).rejects.toThrow(
      /the PNG is damaged: a row has filter 9; there are 0 to 4$/,
    );
    const rows = Uint8Array.of(0, 1, 1);
    const noPalette = handmadePng({ ...shape, colourType: 3, rows });
    await expect(read("palette.png", noPalette)).rejects.toThrow(/the PNG is damaged: it has no palette$/);
    const extraChunks = [pngChunk("PLTE", Uint8Array.of(1, 2, 3))];
    const fewColours = handmadePng({ ...shape, colourType: 3, rows, extraChunks });
    await expect(read("colours.png", fewColours)).rejects.toThrow(/pixel 0 has colour 1 of a palette of 1$/);
    const threeBits = handmadePng({ ...shape, depth: 3, rows });
    await expect(read("depth.png", threeBits)).rejects.toThrow(/has 3 bits per value; .* 1 or 2 or 4 or 8 or 16$/);
    const chunks = new Array(100_000).fill(pngChunk("tIME", Uint8Array.of()));
    const many = handmadePng({ ...shape, rows: Uint8Array.of(0, 1, 2), extraChunks: chunks });
    await expect(read("chunks.png", many)).rejects.toThrow(/more than the 100000 chunks that are read/);
    const empty = handmadePng({ width: 0, height: 1, depth: 8, colourType: 0, rows: Uint8Array.of(0) });
    await expect(read("empty.png", empty)).rejects.toThrow("claims 0×1 pixels");
  });
});
