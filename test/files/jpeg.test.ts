import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { emptyScansJpeg, jpegSegment } from "./handmade-files.ts";
import { imageDirectory } from "./image-directory.ts";

const { read, readOne } = imageDirectory();

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
