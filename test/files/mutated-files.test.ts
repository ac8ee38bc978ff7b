import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ImageFileError } from "../../src/files/file-error.ts";
import { readImageFile } from "../../src/files/read-image-file.ts";
import { emptyScansJpeg, handmadePng, idxBytes, LOSSY_WEBP, temporaryDirectory } from "./handmade-files.ts";

const EXAMPLES = new URL("../../examples/images/", import.meta.url);
/** The larger ones take longer to decode and have no other parts. */
const LARGEST_BYTES = 8_000;
const RUNS = 2500;
/** Files of some kilobytes are read in milliseconds; the rest is for a machine that does other things. */
const LONGEST_MILLISECONDS = 2000;

const small = readdirSync(EXAMPLES)
  .sort()
  .map((name) => readFileSync(new URL(name, EXAMPLES)))
  .filter(({ length }) => length <= LARGEST_BYTES);
const pixels = Uint8Array.from({ length: 3 * 784 }, (_, index) => (index * 31) % 251);
const picture = { width: 28, height: 21, data: pixels };
const shape = { width: 28, height: 28, depth: 8, colourType: 2 };
/** Rows without a filter. */
const rows = Uint8Array.from({ length: 28 * 85 }, (_, index) => (index % 85 === 0 ? 0 : index % 256));
/** Made by an encoder out of 28×28 values: an interlaced GIF of 8 colours, and a WebP without loss. */
const packed = [
  "R0lGODdhHAAcAIIAAOnp6cXFxaqqqo2NjW9vb01NTSkpKQgICCwAAAAAHAAcAEAI/wAPCDRA0ECBgwUIKCQwoKGAhwEiApgI4IABAgYxMiwwQAABAQEGBAAA8sBIAxVRHigg4GIAAwMAsDxA4GVMAwJkBqAJAGbFARZb4jQYICEAhgc64iw6ssBEiwULZEw4gKGAjgFAAhhJ8UBFjhdb1uR4NKfIAzkN7HR6sSKBnjcFrHz5luxHmjZl5hxIUCrChQ0dQpRIMaVfjBwTehSJVetIrz2/Ih4QlmOAjwBEkqx48utXsTaL5qyZ9GXOAmt7vsXb1ufMmq7lwo7J0i3coESN2m0pEqfOn7jVHjz6tiHalhFRH30KNerBhQwFgyTctflhqlY7Dqbu1eLhqQyzg4d0XHGiSoMZLw5QzDBkTvLdz0+uLBKz5r2dV36lDPajZfs7pdWUZytR9hFMRcV0V28C6tfWSqDFdtROcenEk0+szaYXa7TJRhdcbuWF01wukfVaXrVdGBdRbe1Wmm/KqYgbakYhpRSDvyUVXFE0vmVjSyAp99ZPBAkgFY/EZQbUQ2oVNdGQAQEAOw==",
  "UklGRmoAAABXRUJQVlA4TF4AAAAvG8AGAM2UIaL/ATaRbTv5OVn4Jn6FBWoMoAAPlPjABz7wkSy8KCAiFLZtg2SMh5hKERPjj6+kqI+MuwXbA8tFeyRCOeluRnHQ2jJsLG5lLfJCWxGhTVxuB+i0tjp+",
].map((text) => Buffer.from(text, "base64"));
/** Headers of Windows, 16 colours of grey, and RLE4: a run of two in each of four rows. */
const runs = Buffer.concat([
  Buffer.from("BM\0\0\0\0\0\0\0\0\x76\0\0\0\x28\0\0\0\x02\0\0\0\x04\0\0\0\x01\0\x04\0\x02\0\0\0", "latin1"),
  Buffer.alloc(20),
  Uint8Array.from({ length: 64 }, (_, index) => 17 * (index >> 2)),
  Uint8Array.of(2, 0x12, 0, 0, 2, 0x34, 0, 0, 0, 2, 1, 1, 1, 0x50, 0, 1),
]);
/** Without runs, in 24 bits: 28×28, with rows of 84 bytes. */
const colours = Buffer.concat([
  Buffer.from("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x1c\0\0\0\x1c\0\0\0\x01\0\x18\0", "latin1"),
  Buffer.alloc(24),
  pixels,
]);
const asItIs = (bytes: Uint8Array): Uint8Array => bytes;
const files: readonly { readonly content: Uint8Array; readonly pack: (changed: Uint8Array) => Uint8Array }[] = [
  ...[
    ...small,
    // Cut short as it is, the photograph has all of its headers and some of its blocks.
    readFileSync(new URL("three-photograph.jpg", EXAMPLES)).subarray(0, 2 * LARGEST_BYTES),
    jpeg.encode(picture, 80).data,
    emptyScansJpeg(100, 3),
    handmadePng({ width: 9, height: 5, depth: 4, colourType: 0, rows: new Uint8Array(30) }),
    ...packed,
    LOSSY_WEBP,
    runs,
    colours,
    encodePng({ ...picture, channels: 4 }, { interlace: "Adam7" }),
    Buffer.from("P1\n3 2\n0101\n10\n"),
    Buffer.concat([Buffer.from("P4 28 20\n"), pixels.subarray(0, 80)]),
    Buffer.from("P2\n# text\n3 2\n15\n0 1 2\n3 4 15\n"),
    Buffer.concat([Buffer.from("P6 28 28 255\n"), pixels]),
    idxBytes([3, 28, 28], pixels),
    idxBytes([1, 28, 28, 3], pixels),
  ].map((content) => ({ content, pack: asItIs })),
  // What is packed with a checksum gets one that fits, so that the change is met within.
  { content: idxBytes([3, 28, 28], pixels), pack: (bytes) => gzipSync(bytes) },
  { content: rows, pack: (bytes) => handmadePng({ ...shape, rows: bytes }) },
];

/** What is done to a file: bytes overwritten, cut out, repeated, or all after some place gone. */
const change = fc.record({
  kind: fc.constantFrom("set", "set", "set", "cut", "repeat", "end"),
  /** Where, in thousandths of the file: most of what matters lies near the beginning. */
  at: fc.oneof(fc.nat({ max: 999 }), fc.nat({ max: 50 })),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  length: fc.integer({ min: 1, max: 40 }),
});
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function changed(file: Uint8Array, { kind, at, bytes, length }: Change): Uint8Array {
  const place = Math.floor((at * file.length) / 1000);
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (kind) {
    case "set":
      return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
    case "cut":
      return Buffer.concat([before, after.subarray(length)]);
    case "repeat":
      return Buffer.concat([before, after.subarray(0, length), after]);
    default:
      return before;
  }
}

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

describe("a changed image file", () => {
  it("is read or refused in words about the file, in bounded time", async () => {
    const outcomes = { read: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: files.length - 1 }),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (index, changes) => {
          const { content, pack } = files[index] as (typeof files)[number];
          const bytes = pack(changes.reduce(changed, content));
          if (bytes.length === 0) return;
          const path = await directory.write("changed", bytes);
          const began = performance.now();
          try {
            const { frames } = await readImageFile(path);
            ++outcomes.read;
            expect(frames.length).toBeGreaterThan(0);
            const frame = frames.at(frames.length - 1);
            if (frame === undefined) throw new Error("no last frame");
            expect(frame.data).toHaveLength(frame.width * frame.height * (frame.channels ?? 1));
          } catch (error) {
            ++outcomes.refused;
            expect(error).toBeInstanceOf(ImageFileError);
            const { message } = error as Error;
            expect(message).toMatch(/\b(JPEG|PNG|WebP|GIF|BMP|portable map|idx|gzip|header|value)\b/);
            expect(message).not.toMatch(/\p{Cc}/u);
            expect(message).not.toMatch(/undefined|null|NaN|Cannot|is not a/);
            expect(message.length).toBeLessThan(600);
          }
          expect(performance.now() - began).toBeLessThan(LONGEST_MILLISECONDS);
        },
      ),
      { seed: 8, numRuns: RUNS },
    );
    expect(outcomes.read).toBeGreaterThan(RUNS / 20);
    expect(outcomes.refused).toBeGreaterThan(RUNS / 20);
  });
});
