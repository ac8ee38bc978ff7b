import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { idxBytes } from "./handmade-files.ts";
import { imageDirectory } from "./image-directory.ts";

const { read } = imageDirectory();

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
