import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { mnistDirectory } from "./reference.ts";

/** MNIST images as values in [0, 1], one array per image. */
export function mnistImages(name: "t10k" | "train", count: number, offset = 0): Float32Array[] {
  const bytes = gunzipSync(readFileSync(join(mnistDirectory as string, `${name}-images-idx3-ubyte.gz`)));
  return Array.from({ length: count }, (_, index) =>
    Float32Array.from(
      bytes.subarray(16 + IMAGE_PIXELS * (offset + index), 16 + IMAGE_PIXELS * (offset + index + 1)),
      (v) => v / 255,
    ),
  );
}
