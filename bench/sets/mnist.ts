import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { IMAGE_PIXELS } from "../../format/image.ts";

/** The trainer keeps the last 5000 of the training images for validation. */
const VALIDATION_START = 55_000;

/** Images as bytes, and their labels. */
export interface Digits {
  count: number;
  labels: Uint8Array;
  /** The 784 bytes of an image; indices past the end start again from the first. */
  image(index: number): Uint8Array;
}

/** All 60,000 training images, n×784 bytes, validation images among them, and their labels. */
export function readTraining(folder: string): { images: Uint8Array; labels: Uint8Array } {
  const read = (name: string): Uint8Array => gunzipSync(readFileSync(join(folder, `train-${name}-ubyte.gz`)));
  return { images: read("images-idx3").subarray(16), labels: read("labels-idx1").subarray(8) };
}

/** MNIST's 10,000 test images, the validation images, or the training images without those, of the folder with its .gz files. */
export function readDigits(folder: string, split: "test" | "validation" | "training"): Digits {
  const files = split === "test" ? "t10k" : "train";
  const [start, end] = { test: [0], validation: [VALIDATION_START], training: [0, VALIDATION_START] }[split] as [
    number,
    number?,
  ];
  const read = (name: string): Uint8Array => gunzipSync(readFileSync(join(folder, `${files}-${name}-ubyte.gz`)));
  const pixels = read("images-idx3").subarray(16 + IMAGE_PIXELS * start);
  const labels = read("labels-idx1").subarray(8).subarray(start, end);
  const image = (index: number): Uint8Array => {
    const at = index % labels.length;
    return pixels.subarray(at * IMAGE_PIXELS, (at + 1) * IMAGE_PIXELS);
  };
  return { count: labels.length, labels, image };
}

/** An image's values in [0, 1]. */
export function toUnitRange(bytes: Uint8Array): Float32Array {
  return Float32Array.from(bytes, (byte) => byte / 255);
}
