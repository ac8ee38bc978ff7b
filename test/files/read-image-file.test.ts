import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBoundedFile } from "../../src/files/read-bounded-file.ts";
import { readIdxFile, readImageFile } from "../../src/files/read-image-file.ts";
import { emptyScansJpeg, handmadePng, idxBytes, jpegSegment, pngChunk, temporaryDirectory } from "./handmade-files.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

/** Writes the bytes under the name and reads them back as an image file. */
async function read(name: string, bytes: Uint8Array | string): ReturnType<typeof readImageFile> {
  return readImageFile(await directory.write(name, bytes));
}

async function readOne(name: string, bytes: Uint8Array | string) {
  const { frames } = await read(name, bytes);
  expect(frames).toHaveLength(1);
  const frame = frames.at(0);
  if (frame === undefined) throw new Error("no frame");
  return { ...frame, data: Array.from(frame.data) };
}

function testJpeg(width: number, height: number): Uint8Array {
  const data = new Uint8Array(width * height * 4).fill(255);
  // Dark above, bright below: what an orientation does shows.
  for (let index = 0; index < (width * height) / 2; ++index) data.set([20, 20, 20, 255], 4 * index);
  return jpeg.encode({ data, width, height }, 90).data;
}

/** Puts an Exif block with this orientation after the start mark. */
function withOrientation(bytes: Uint8Array, orientation: number): Uint8Array {
  const tiff = Buffer.from([
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    0x01,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const content = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), tiff]);
  const head = Buffer.from([0xff, 0xe1, 0, content.length + 2]);
  return Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)]);
}

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
    await expect(read("filter.png", filtered)).rejects.toThrow(/the PNG is damaged: its pixels cannot be decoded$/);
    const rows = Uint8Array.of(0, 1, 1);
    const noPalette = handmadePng({ ...shape, colourType: 3, rows });
    await expect(read("palette.png", noPalette)).rejects.toThrow(/the PNG is damaged: it has no palette$/);
    const extraChunks = [pngChunk("PLTE", Uint8Array.of(1, 2, 3))];
    const fewColours = handmadePng({ ...shape, colourType: 3, rows, extraChunks });
    await expect(read("colours.png", fewColours)).rejects.toThrow(/the PNG is damaged: its pixels cannot be decoded$/);
    const threeBits = handmadePng({ ...shape, depth: 3, rows });
    await expect(read("depth.png", threeBits)).rejects.toThrow(/has 3 bits per value; .* 1 or 2 or 4 or 8 or 16$/);
    const chunks = new Array(100_000).fill(pngChunk("tIME", Uint8Array.of()));
    const many = handmadePng({ ...shape, rows: Uint8Array.of(0, 1, 2), extraChunks: chunks });
    await expect(read("chunks.png", many)).rejects.toThrow(/more than the 100000 chunks that are read/);
    const empty = handmadePng({ width: 0, height: 1, depth: 8, colourType: 0, rows: Uint8Array.of(0) });
    await expect(read("empty.png", empty)).rejects.toThrow("claims 0×1 pixels");
  });
});

describe("JPEG", () => {
  it("reads size and brightness, whatever the file is called", async () => {
    const { frames, format } = await read("photograph.png", testJpeg(24, 16));
    expect(format).toBe("jpeg");
    const frame = frames.at(0);
    expect(frame).toMatchObject({ width: 24, height: 16, channels: 4 });
    expect(frame?.data[0]).toBeLessThan(40);
    expect(frame?.data[4 * (24 * 16 - 1)]).toBeGreaterThan(230);
  });

  it.each([
    // Where the dark half lies in the upright picture, as the brightness at its upper left and lower right.
    [1, 24, 16, true],
    [3, 24, 16, false],
    [4, 24, 16, false],
    [6, 16, 24, false],
    [8, 16, 24, true],
  ])("turns orientation %i upright", async (orientation, width, height, darkFirst) => {
    const { frames } = await read("turned.jpg", withOrientation(testJpeg(24, 16), orientation));
    const frame = frames.at(0);
    expect(frame).toMatchObject({ width, height });
    const middleLeft = frame?.data[4 * (Math.floor(height / 2) * width)] ?? -1;
    const upperMiddle = frame?.data[4 * Math.floor(width / 4)] ?? -1;
    const first = width === 24 ? upperMiddle : middleLeft;
    expect(first < 128).toBe(darkFirst);
  });

  it("refuses a claimed 30000×30000 before decoding anything", async () => {
    const bytes = Buffer.from(testJpeg(24, 16));
    const frameHeader = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes.writeUInt16BE(30000, frameHeader + 5);
    bytes.writeUInt16BE(30000, frameHeader + 7);
    await expect(read("huge.jpg", bytes)).rejects.toThrow(/huge\.jpg: the header claims 30000×30000 pixels/);
  });

  it("reads empty scans, but not more than an image of that size can need", async () => {
    expect((await readOne("scans.jpg", emptyScansJpeg(64, 20))).data).toEqual(
      new Array(64 * 64).fill([128, 128, 128, 255]).flat(),
    );
    const began = performance.now();
    await expect(read("many.jpg", emptyScansJpeg(7000, 6000))).rejects.toThrow(
      /many\.jpg: the JPEG's scans go through 4593750000 blocks of its 765625, which is more than the \d+ that are read/,
    );
    expect(performance.now() - began).toBeLessThan(3000);
  });

  it("refuses what is damaged, in words about the file", async () => {
    const whole = testJpeg(64, 64);
    const at = (marker: number): number => Buffer.from(whole).indexOf(Buffer.from([0xff, marker]));
    const insert = (offset: number, ...parts: Uint8Array[]): Uint8Array =>
      Buffer.concat([whole.subarray(0, offset), ...parts, whole.subarray(offset)]);
    const change = (offset: number, value: number): Uint8Array => {
      const changed = Uint8Array.from(whole);
      changed[offset] = value;
      return changed;
    };
    const without = (marker: number): Uint8Array => {
      const offset = at(marker);
      const length = Buffer.from(whole).readUInt16BE(offset + 2);
      return Buffer.concat([whole.subarray(0, offset), whole.subarray(offset + 2 + length)]);
    };
    const [frame, scan, tables] = [at(0xc0), at(0xda), at(0xc4)];
    const cases: [Uint8Array, RegExp][] = [
      [without(0xdb), /pixels cannot be decoded/],
      [without(0xc4), /pixels cannot be decoded/],
      [without(0xc0), /a scan before the frame header/],
      [without(0xda), /no marker at byte/],
      [insert(frame, whole.subarray(frame, tables)), /more than one frame/],
      [change(frame + 9, 2), /has 2 components per pixel; 1, 3 and 4 are read/],
      [change(frame + 4, 12), /has 12 bits per value; 8 are read/],
      [change(frame + 11, 0xf1), /a sampling of 15×1/],
      [change(frame + 13, 1), /two components of the same name/],
      [change(frame + 1, 0xc9), /of the kind c9; baseline, extended and progressive ones are read/],
      [change(scan + 5, 9), /a scan of a component that the frame has not/],
      [change(scan + 4, 7), /a scan header of the wrong length/],
      [change(tables + 5, 200), /Huffman tables? of/],
      [insert(tables, jpegSegment(0xdb, [0, 1, 2])), /quantization tables of the wrong length/],
      [insert(tables, Uint8Array.of(0xff, 0xe3, 0, 1)), /a segment at byte \d+ that is shorter than its own length/],
    ];
    for (const [bytes, message] of cases) {
      await expect(read("bad.jpg", bytes)).rejects.toThrow(message);
      await expect(read("bad.jpg", bytes)).rejects.toThrow(/bad\.jpg: the JPEG /);
    }
  });

  it("refuses a file that is cut short", async () => {
    const whole = testJpeg(64, 64);
    for (const length of [3, 30, 300, whole.length - 60]) {
      await expect(read("cut.jpg", whole.subarray(0, length))).rejects.toThrow(/cut\.jpg: /);
    }
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
    ["bitmaps", "P4 8 1 a", /of kind P4; P2, P3, P5 and P6 are read/],
  ])("refuses %s", async (_, text, message) => {
    await expect(read("bad.pgm", text)).rejects.toThrow(message);
    await expect(read("bad.pgm", text)).rejects.toThrow(/bad\.pgm: /);
  });
});

describe("idx", () => {
  const content = Uint8Array.from({ length: 12 }, (_, index) => index);

  it("reads every image, gzip or not", async () => {
    for (const bytes of [idxBytes([3, 2, 2], content), gzipSync(idxBytes([3, 2, 2], content))]) {
      const { frames, format } = await read("images", bytes);
      expect(format).toBe("idx");
      expect(frames).toHaveLength(3);
      expect(frames.at(1)).toMatchObject({ width: 2, height: 2, channels: 1 });
      expect(Array.from(frames.at(1)?.data ?? [])).toEqual([4, 5, 6, 7]);
      expect(frames.at(3)).toBeUndefined();
    }
  });

  it.each([
    ["a claimed 30000×30000", idxBytes([1, 30000, 30000], content), /claims 30000×30000 pixels/],
    ["a claimed 4 billion images", idxBytes([4e9, 28, 28], content), /4000000000×28×28 bytes/],
    [
      "4 billion images of 0 channels",
      idxBytes([2 ** 32 - 1, 3, 28, 0], new Uint8Array()),
      /4294967295×3×28×0 values, which are none/,
    ],
    ["5 channels", idxBytes([1, 1, 1, 5], new Uint8Array(5)), /claims 5 channels per pixel; 1 to 4 are read/],
    ["no images", idxBytes([0, 28, 28], new Uint8Array()), /0×28×28 values, which are none/],
    ["too few bytes", idxBytes([4, 2, 2], content), /claims 4×2×2 = 16 bytes, but 12 follow/],
    ["too many bytes", idxBytes([2, 2, 2], content), /claims 2×2×2 = 8 bytes, but 12 follow/],
    ["labels", idxBytes([12], content), /shape 12, such as labels/],
    ["a cut header", idxBytes([3, 2, 2], content).subarray(0, 10), /its header needs 16 bytes, there are 10/],
    ["floats", Uint8Array.of(0, 0, 0x0d, 1, 0, 0, 0, 0), /type 0x0d/],
    ["many dimensions", Uint8Array.of(0, 0, 8, 9, 0, 0, 0, 0), /9 dimensions/],
    ["gzip of something else", gzipSync("hello"), /begins with the bytes 00 00 08 and its rank; here are 68656c6c/],
    ["damaged gzip", gzipSync(idxBytes([3, 2, 2], content)).subarray(0, 25), /damaged or cut short/],
    [
      "a gzip bomb",
      gzipSync(idxBytes([3, 2, 2], new Uint8Array(20_000_000))),
      /unpacks to more bytes than its header claims/,
    ],
  ])("refuses %s", async (_, bytes, message) => {
    await expect(read("bad.idx", bytes)).rejects.toThrow(message);
    await expect(read("bad.idx", bytes)).rejects.toThrow(/bad\.idx: /);
  });
});

describe("any file", () => {
  it("is refused at once when it is a pipe or a socket", async () => {
    const pipe = join(directory.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(readImageFile(pipe)).rejects.toThrow("pipe: is a pipe; a regular file is wanted");
    const path = join(directory.path, "socket");
    const server = createServer().listen(path);
    await once(server, "listening");
    await expect(readImageFile(path)).rejects.toThrow("socket: is a socket; a regular file is wanted");
    server.close();
  });

  it("is refused beyond the bytes that are wanted", async () => {
    const path = await directory.write("twelve", new Uint8Array(12));
    expect(await readBoundedFile(path, 12)).toHaveLength(12);
    await expect(readBoundedFile(path, 11)).rejects.toThrow("has 12 bytes, which is more than the 11 that are read");
  });

  it("is refused when it is none of the known kinds, with its first bytes", async () => {
    await expect(read("notes.png", "just some text")).rejects.toThrow(
      /notes\.png: begins with 6a 75 73 74 20 73 6f 6d, which is no PNG, JPEG, PGM, PPM, idx/,
    );
    await expect(read("one.byte", "x")).rejects.toThrow(/begins with 78, which is no PNG/);
  });

  it("is told apart: one that cannot be read, and one that holds no image", async () => {
    const kindOf = (reading: Promise<unknown>): Promise<string> => reading.then(String, (error: Error) => error.name);
    const array = await directory.write("three.idx", idxBytes([3], new Uint8Array(3)));
    expect(await kindOf(read("notes.png", "just some text"))).toBe("ImageFileError");
    expect(await kindOf(readImageFile(array))).toBe("ImageFileError");
    expect(await kindOf(readIdxFile(array, 3))).toBe("FileError");
    expect(await kindOf(read("empty.png", ""))).toBe("FileError");
    expect(await kindOf(readImageFile(join(directory.path, "nowhere.png")))).toBe("FileError");
  });

  it("is refused when empty, missing or a directory", async () => {
    await expect(read("empty.png", "")).rejects.toThrow(/empty\.png: is empty \(0 bytes\)/);
    await expect(readImageFile(join(directory.path, "nowhere.png"))).rejects.toThrow(/nowhere\.png: no such file/);
    await expect(readImageFile(directory.path)).rejects.toThrow("is a directory; a file is wanted");
    await expect(readImageFile("")).rejects.toThrow("no such file: the name is empty");
    await expect(readImageFile("a\0b")).rejects.toThrow("a\\u0000b: no such file: no name has a NUL character in it");
    await expect(readImageFile("x".repeat(5000))).rejects.toThrow(/^x{134}…x{66}: no such file: the name is too long$/);
    await expect(readImageFile("/dev/null")).rejects.toThrow("/dev/null: is a device; a regular file is wanted");
  });
});
