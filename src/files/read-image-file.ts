import type { PixelImage } from "../image/pixel-image.ts";
import { decodeBmpImage, looksLikeBmp } from "./bmp.ts";
import { FileError, ImageFileError, messageOf } from "./file-error.ts";
import { decodeGifImage, looksLikeGif } from "./gif.ts";
import { decodeIdx, type IdxArray, looksLikeGzip, looksLikeIdx } from "./idx.ts";
import { decodeJpegImage } from "./jpeg.ts";
import { decodePngImage } from "./png.ts";
import { looksLikePng } from "./png-chunks.ts";
import { decodePortableMap } from "./portable-map.ts";
import { readBoundedFile } from "./read-bounded-file.ts";
import { unreadFormat } from "./unread-formats.ts";
import { looksLikeWebp } from "./webp-chunks.ts";

/** What a file was recognised as. */
export type ImageFormat = "png" | "jpeg" | "webp" | "gif" | "bmp" | "portable map" | "idx";

/** Images one after the other, made when they are asked for: a file of a gigabyte may hold as many as it has bytes. */
export interface ImageSequence extends Iterable<PixelImage> {
  readonly length: number;
  /** Undefined beyond the last. */
  at(index: number): PixelImage | undefined;
}

/** The images in a file, one at least: all of the same size. */
export interface ImageFile {
  readonly frames: ImageSequence;
  readonly format: ImageFormat;
}

/** What is read, for messages. */
const READ = "PNG, JPEG, WebP, GIF, BMP, PBM, PGM, PPM, idx or gzip-packed idx";

/**
 * Reads a PNG, JPEG, WebP, GIF, BMP, PBM, PGM, PPM, idx or gzip-packed idx file. What it is follows from its first bytes, not its name.
 * Headers are checked before anything is decoded: at most 50 million pixels per image, at most 1 GiB per file.
 *
 * @throws FileError when the file cannot be read
 * @throws ImageFileError naming the file, what it is or claims, and what was wanted
 */
export async function readImageFile(path: string): Promise<ImageFile> {
  return decodeImageFile(path, await readBoundedFile(path));
}

/**
 * As `readImageFile`, for a file whose bytes are there already.
 *
 * @param path what errors call it
 * @throws ImageFileError as above
 */
export async function decodeImageFile(path: string, bytes: Uint8Array): Promise<ImageFile> {
  const format = recogniseImage(bytes);
  if (format === undefined) {
    const unread = unreadFormat(bytes);
    if (unread !== undefined) throw new ImageFileError(path, `${unread}; wanted is a ${READ} file`);
    const head = Buffer.from(bytes.subarray(0, 8))
      .toString("hex")
      .replace(/(..)(?=.)/g, "$1 ");
    throw new ImageFileError(path, `begins with ${head}, which is no ${READ} file`);
  }
  return { frames: await wrapErrors(path, ImageFileError, () => decodeFrames(bytes, format)), format };
}

/**
 * Reads an idx file, gzip-packed or not, of the given number of dimensions: 3 for images, 1 for labels.
 *
 * @throws FileError naming the file and what is wrong with it
 */
export async function readIdxFile(path: string, rank: number): Promise<IdxArray> {
  const bytes = await readBoundedFile(path);
  return await wrapErrors(path, FileError, () => {
    const array = decodeIdx(bytes);
    if (array.shape.length !== rank) {
      throw new Error(
        `holds an array of ${array.shape.length} dimensions (${array.shape.join("×")}); ${rank} are wanted`,
      );
    }
    return array;
  });
}

/** What the bytes of a file are by the first of them; undefined for what is not read. */
export function recogniseImage(bytes: Uint8Array): ImageFormat | undefined {
  if (looksLikePng(bytes)) return "png";
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "jpeg";
  if (looksLikeWebp(bytes)) return "webp";
  if (looksLikeGif(bytes)) return "gif";
  if (looksLikeBmp(bytes)) return "bmp";
  // P1 to P7, so that the reader can name the kinds it does not take.
  if (bytes[0] === 0x50 && (bytes[1] ?? 0) >= 0x31 && (bytes[1] ?? 0) <= 0x37) return "portable map";
  if (looksLikeIdx(bytes) || looksLikeGzip(bytes)) return "idx";
  return undefined;
}

async function decodeFrames(bytes: Uint8Array, format: ImageFormat): Promise<ImageSequence> {
  switch (format) {
    case "png":
      return [decodePngImage(bytes)];
    case "jpeg":
      return [decodeJpegImage(bytes)];
    case "webp": {
      // The decoder is larger than all others together, and loaded for those who have such files.
      const { decodeWebpImage } = await import("./webp.ts");
      return [await decodeWebpImage(bytes)];
    }
    case "gif":
      return [decodeGifImage(bytes)];
    case "bmp":
      return [decodeBmpImage(bytes)];
    case "portable map":
      return [decodePortableMap(bytes)];
    case "idx":
      return idxFrames(decodeIdx(bytes));
  }
}

function idxFrames({ shape, data }: IdxArray): ImageSequence {
  const [count, height, width, channels = 1] = shape;
  if (count === undefined || height === undefined || width === undefined) {
    throw new Error(
      `the idx file holds an array of shape ${shape.join("×")}, such as labels; images have 3 dimensions`,
    );
  }
  const size = width * height * channels;
  const frame = (index: number): PixelImage => ({
    data: data.subarray(index * size, (index + 1) * size),
    width,
    height,
    channels,
  });
  return {
    length: count,
    at: (index) => (index < count ? frame(index) : undefined),
    *[Symbol.iterator]() {
      for (let index = 0; index < count; ++index) yield frame(index);
    },
  };
}

async function wrapErrors<Result>(
  path: string,
  Kind: typeof FileError,
  decode: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await decode();
  } catch (error) {
    throw new Kind(path, messageOf(error), { cause: error });
  }
}
