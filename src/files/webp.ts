import decode, { init } from "@jsquash/webp/decode.js";
import type { PixelImage } from "../image/pixel-image.ts";
import { readOrientation } from "./exif-orientation.ts";
import { turnUpright } from "./turn-upright.ts";
import { readWebpChunks } from "./webp-chunks.ts";
import { readWebpModule } from "./webp-module.ts";

let ready: Promise<void> | undefined;

/**
 * Decodes a WebP, lossy or lossless, with alpha or without; of an animation the first picture. Turned upright as its Exif
 * orientation says. Memory is bounded by the size that the file claims, at most 50 million pixels.
 *
 * @throws {Error} saying what is wrong: claimed size, no picture, damaged, cut short
 */
export async function decodeWebpImage(bytes: Uint8Array): Promise<PixelImage> {
  const { still, width, height, exif } = readWebpChunks(bytes);
  ready ??= prepare();
  await ready;
  const { data } = await decodePixels(still);
  if (data.length !== 4 * width * height) throw new Error("the WebP is damaged: its pixels do not fill its size");
  return turnUpright({ data, width, height, channels: 4 }, exif === undefined ? 1 : readOrientation(exif));
}

async function prepare(): Promise<void> {
  await init(new WebAssembly.Module((await readWebpModule()) as Uint8Array<ArrayBuffer>));
}

async function decodePixels(still: Uint8Array): Promise<{ readonly data: Uint8ClampedArray }> {
  try {
    return await decode(still.buffer as ArrayBuffer);
  } catch (error) {
    // A decoder that ran into a damaged file may be left in any state.
    ready = undefined;
    throw new Error("the WebP is damaged: its pixels cannot be decoded", { cause: error });
  }
}
