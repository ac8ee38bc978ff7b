import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";

/** A directory for one test's files, and how to be rid of it. */
export async function temporaryDirectory(): Promise<{
  readonly path: string;
  write(name: string, bytes: Uint8Array | string): Promise<string>;
  remove(): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), "abs-test-"));
  return {
    path,
    write: async (name, bytes) => {
      await writeFile(join(path, name), bytes);
      return join(path, name);
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

/** A PNG put together by hand, so that its header may claim what its data do not hold. */
export function handmadePng(options: {
  width: number;
  height: number;
  depth: number;
  colourType: number;
  /** Filtered rows before compression. */
  rows: Uint8Array;
  extraChunks?: readonly Uint8Array[];
}): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(options.width, 0);
  header.writeUInt32BE(options.height, 4);
  header[8] = options.depth;
  header[9] = options.colourType;
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk("IHDR", header),
    ...(options.extraChunks ?? []),
    pngChunk("IDAT", deflateSync(options.rows)),
    pngChunk("IEND", new Uint8Array()),
  ]);
}

export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** An idx file of unsigned bytes. */
export function idxBytes(shape: readonly number[], content: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header[2] = 0x08;
  header[3] = shape.length;
  shape.forEach((length, dimension) => {
    header.writeUInt32BE(length, 4 + 4 * dimension);
  });
  return Buffer.concat([header, content]);
}

/** A segment of a JPEG, its length included. */
export function jpegSegment(marker: number, content: Uint8Array | readonly number[]): Uint8Array {
  const length = content.length + 2;
  return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 0xff]), Buffer.from(content)]);
}

/** A grey progressive JPEG, all of whose scans are empty: each is one run to the end of 32,767 blocks after another. */
export function emptyScansJpeg(side: number, scans: number): Uint8Array {
  const oneCode = (kind: number, value: number): number[] => [kind, 1, ...new Array<number>(15).fill(0), value];
  const runs = Math.ceil(Math.ceil(side / 8) ** 2 / 32767);
  const scan = Buffer.concat([
    jpegSegment(0xda, [1, 1, 0x00, 1, 63, 0]),
    // A code of one zero bit, then fourteen ones for the length of the run.
    Buffer.from(bytesOfBits(`0${"1".repeat(14)}`.repeat(runs))),
  ]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xdb, [0, ...new Array<number>(64).fill(1)]),
    jpegSegment(0xc2, [8, side >> 8, side & 0xff, side >> 8, side & 0xff, 1, 1, 0x11, 0]),
    jpegSegment(0xc4, [...oneCode(0x00, 0), ...oneCode(0x10, 0xe0)]),
    ...new Array<Uint8Array>(scans).fill(scan),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Bits as the scans of a JPEG hold them: filled up with ones, a zero byte after each byte of ones. */
function bytesOfBits(bits: string): number[] {
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return bytes
    .map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2))
    .flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte]));
}

/** An Exif block that tells of an orientation, and of other things before it. */
export function exifBlock(orientation: number, littleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(8 + 2 + 2 * 12 + 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, littleEndian);
  view.setUint32(4, 8, littleEndian);
  view.setUint16(8, 2, littleEndian);
  [
    [0x0100, 1],
    [0x0112, orientation],
  ].forEach(([tag, value], entry) => {
    const offset = 10 + 12 * entry;
    view.setUint16(offset, tag as number, littleEndian);
    view.setUint16(offset + 2, 3, littleEndian);
    view.setUint32(offset + 4, 1, littleEndian);
    view.setUint16(offset + 8, value as number, littleEndian);
  });
  return bytes;
}

/**
 * What a picture looks like once it is turned as Exif's orientation says, by the words of Exif 2.3, section 4.6.4: where its
 * stored row 0 and column 0 are to be seen.
 */
export function stored<Pixel>(
  pixels: readonly Pixel[],
  width: number,
  height: number,
  orientation: number,
): { pixels: Pixel[]; width: number; height: number } {
  let rows = Array.from({ length: height }, (_, row) => pixels.slice(row * width, (row + 1) * width));
  const transpose = (): void => {
    rows = Array.from({ length: rows[0]?.length ?? 0 }, (_, column) => rows.map((row) => row[column] as Pixel));
  };
  // From 5 on, the stored row 0 is a column.
  if (orientation >= 5 && orientation <= 8) transpose();
  const [rowIsLow, columnIsRight] = [
    [false, false],
    [false, false],
    [false, true],
    [true, true],
    [true, false],
    [false, false],
    [false, true],
    [true, true],
    [true, false],
  ][orientation] as [boolean, boolean];
  if (rowIsLow) rows.reverse();
  if (columnIsRight) for (const row of rows) row.reverse();
  return { pixels: rows.flat(), width: rows[0]?.length ?? 0, height: rows.length };
}

/** A WebP with loss, which an encoder made of 16×12 pixels: 20 on the left, 220 on the right. */
export const LOSSY_WEBP: Uint8Array = Buffer.from(
  "UklGRigAAABXRUJQVlA4IBwAAAAwAQCdASoQAAwAAMASJaQAA3AA/ufP//+ufIAA",
  "base64",
);
