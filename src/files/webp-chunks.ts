import { latin1, viewOf } from "./bytes.ts";
import { checkClaimedSize } from "./limits.ts";

/** The parts of a WebP that make its picture, or the first of its pictures. */
export interface WebpChunks {
  /** A WebP of nothing else. */
  readonly still: Uint8Array;
  /** Pixels per row and rows, as the packed pixels say. */
  readonly width: number;
  readonly height: number;
  /** The Exif block, if there is one. */
  readonly exif: Uint8Array | undefined;
}

interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
}

const FILE_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
/** Of a frame of an animation: place, size, duration and flags. */
const FRAME_HEADER_BYTES = 16;
const HAS_ALPHA = 0x10;
/** The first bytes of a key frame after its three flags, RFC 6386, section 9.1. */
const KEY_FRAME = [0x9d, 0x01, 0x2a];
const LOSSLESS_SIGNATURE = 0x2f;
const EXIF_MARK = "Exif\0\0";

/** Whether the bytes begin as a WebP does. */
export function looksLikeWebp(bytes: Uint8Array): boolean {
  return latin1(bytes, 0, 4) === "RIFF" && latin1(bytes, 8, 4) === "WEBP";
}

/**
 * Walks through the chunks of a WebP. Source: RFC 9649.
 *
 * @throws {Error} saying what is wrong: claimed size, no picture, damaged, cut short
 */
export function readWebpChunks(bytes: Uint8Array): WebpChunks {
  const claimed = viewOf(bytes).getUint32(4, true) + CHUNK_HEADER_BYTES;
  if (claimed > bytes.length) {
    throw new Error(`the WebP is cut short: its header tells of ${claimed} bytes, there are ${bytes.length}`);
  }
  const chunks = chunksOf(bytes.subarray(FILE_HEADER_BYTES, claimed));
  const extended = chunks.find(({ type }) => type === "VP8X");
  // The canvas: the picture of a still, and what the pictures of an animation lie in.
  if (extended !== undefined && extended.content.length >= 10) {
    checkClaimedSize(uint24(extended.content, 4) + 1, uint24(extended.content, 7) + 1);
  }
  const frame = chunks.find(({ type }) => type === "ANMF");
  const parts = frame === undefined ? chunks : chunksOf(frame.content.subarray(FRAME_HEADER_BYTES));
  const pixels = parts.find(({ type }) => type === "VP8 " || type === "VP8L");
  if (pixels === undefined) throw new Error("the WebP has no picture (VP8 or VP8L)");
  const { width, height } = sizeOf(pixels);
  checkClaimedSize(width, height);
  const alpha = pixels.type === "VP8 " ? parts.find(({ type }) => type === "ALPH") : undefined;
  const still = alpha === undefined ? webpOf([pixels]) : webpOf([alphaHeader(width, height), alpha, pixels]);
  return { still, width, height, exif: exifOf(chunks) };
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let offset = 0; offset + CHUNK_HEADER_BYTES <= bytes.length; ) {
    const type = latin1(bytes, offset, 4);
    const start = offset + CHUNK_HEADER_BYTES;
    const length = view.getUint32(offset + 4, true);
    if (start + length > bytes.length) {
      throw new Error(
        `the WebP is cut short: its ${type} chunk claims ${length} bytes, there are ${bytes.length - start}`,
      );
    }
    chunks.push({ type, content: bytes.subarray(start, start + length) });
    offset = start + length + (length % 2);
  }
  return chunks;
}

function sizeOf({ type, content }: Chunk): { width: number; height: number } {
  const view = viewOf(content);
  if (type === "VP8 ") {
    const isKeyFrame = content.length >= 10 && ((content[0] as number) & 1) === 0;
    if (!isKeyFrame || KEY_FRAME.some((byte, index) => content[3 + index] !== byte)) {
      throw new Error("the WebP is damaged: its picture is no key frame of VP8");
    }
    return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff };
  }
  if (content.length < 5 || content[0] !== LOSSLESS_SIGNATURE) {
    throw new Error("the WebP is damaged: its picture does not begin as VP8L does");
  }
  const packed = view.getUint32(1, true);
  return { width: (packed & 0x3fff) + 1, height: ((packed >>> 14) & 0x3fff) + 1 };
}

/** With six bytes of mark before it as JPEGs have it, as some programs write it, or without. */
function exifOf(chunks: readonly Chunk[]): Uint8Array | undefined {
  const content = chunks.find(({ type }) => type === "EXIF")?.content;
  return content !== undefined && latin1(content, 0, 6) === EXIF_MARK ? content.subarray(6) : content;
}

function alphaHeader(width: number, height: number): Chunk {
  const content = new Uint8Array(10);
  const view = viewOf(content);
  view.setUint8(0, HAS_ALPHA);
  // The upper byte of the width's 32 bits becomes the lower one of the height.
  view.setUint32(4, width - 1, true);
  view.setUint16(7, (height - 1) & 0xffff, true);
  return { type: "VP8X", content };
}

function webpOf(chunks: readonly Chunk[]): Uint8Array {
  const sizes = chunks.map(({ content }) => CHUNK_HEADER_BYTES + content.length + (content.length % 2));
  const length = sizes.reduce((sum, size) => sum + size, FILE_HEADER_BYTES);
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  const write = (offset: number, text: string): void => {
    for (let index = 0; index < text.length; ++index) bytes[offset + index] = text.charCodeAt(index);
  };
  write(0, "RIFF");
  view.setUint32(4, length - CHUNK_HEADER_BYTES, true);
  write(8, "WEBP");
  let offset = FILE_HEADER_BYTES;
  chunks.forEach(({ type, content }, index) => {
    write(offset, type);
    view.setUint32(offset + 4, content.length, true);
    bytes.set(content, offset + CHUNK_HEADER_BYTES);
    offset += sizes[index] as number;
  });
  return bytes;
}

function uint24(bytes: Uint8Array, offset: number): number {
  return (bytes[offset] as number) | ((bytes[offset + 1] as number) << 8) | ((bytes[offset + 2] as number) << 16);
}
