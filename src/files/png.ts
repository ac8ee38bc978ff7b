import type { PixelData, PixelImage } from "../image/pixel-image.ts";
import { readOrientation } from "./exif-orientation.ts";
import { InflatedTooLarge, inflateBounded } from "./inflate.ts";
import { checkClaimedSize, PIXEL_LIMIT } from "./limits.ts";
import { type PngChunks, type PngHeader, readPngChunks } from "./png-chunks.ts";
import { turnUpright } from "./turn-upright.ts";

/** A part of the picture that is stored as a picture of its own: the whole, or one of Adam7's seven passes. */
interface Pass {
  /** First column and row in the picture, and the steps from one to the next. */
  readonly left: number;
  readonly top: number;
  readonly across: number;
  readonly down: number;
  readonly columns: number;
  readonly rows: number;
}

const WHOLE: readonly (readonly [number, number, number, number])[] = [[0, 0, 1, 1]];
/** PNG specification, section 8.2: left, top, across and down of each pass. */
const ADAM7: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/**
 * Decodes a PNG: grey, palette, RGB, with alpha or without, 1 to 16 bits, interlaced or not; a colour declared transparent
 * gets an alpha of 0. Turned upright as its Exif orientation says. The values are those that are stored: gamma and colour
 * profiles are not applied.
 *
 * @param pixelLimit the most pixels that the file may claim, 50 million unless given
 * @throws {Error} saying what is wrong: claimed size, missing or superfluous data, checksum, unknown kinds
 */
export function decodePngImage(bytes: Uint8Array, pixelLimit = PIXEL_LIMIT): PixelImage {
  const chunks = readPngChunks(bytes);
  const { header, exif } = chunks;
  checkClaimedSize(header.width, header.height, pixelLimit);
  const passes = passesOf(header);
  const filtered = unpack(
    chunks.packed,
    passes.reduce((sum, { columns, rows }) => sum + rows * (1 + rowBytes(header, columns)), 0),
  );
  const { data, channels } = withColours(chunks, readValues(header, passes, filtered));
  const image = { data, width: header.width, height: header.height, channels };
  return turnUpright(image, exif === undefined ? 1 : readOrientation(exif));
}

function passesOf({ width, height, interlaced }: PngHeader): Pass[] {
  return (interlaced ? ADAM7 : WHOLE)
    .map(([left, top, across, down]) => ({
      left,
      top,
      across,
      down,
      columns: Math.ceil(Math.max(0, width - left) / across),
      rows: Math.ceil(Math.max(0, height - top) / down),
    }))
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/** Bytes of a row without the one that names its filter. */
function rowBytes({ channels, depth }: PngHeader, columns: number): number {
  return Math.ceil((columns * channels * depth) / 8);
}

function unpack(packed: readonly Uint8Array[], wanted: number): Uint8Array {
  let rows: Uint8Array;
  try {
    rows = inflateBounded(packed, wanted);
  } catch (error) {
    if (error instanceof InflatedTooLarge) {
      throw new Error(`the PNG's pixel data unpack to more than the ${wanted} bytes that its size needs`);
    }
    throw new Error("the PNG's pixel data cannot be unpacked: they are damaged or cut short", { cause: error });
  }
  if (rows.length < wanted) {
    throw new Error(`the PNG's pixel data unpack to ${rows.length} bytes; its size needs ${wanted}`);
  }
  return rows;
}

/** The values as they are stored, one for each channel of each pixel of the picture. */
function readValues(header: PngHeader, passes: readonly Pass[], filtered: Uint8Array): Uint8Array | Uint16Array {
  const { width, height, channels, depth } = header;
  const values = depth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  const pixelBytes = Math.max(1, (channels * depth) / 8);
  let offset = 0;
  for (const pass of passes) {
    const length = rowBytes(header, pass.columns);
    let above: Uint8Array = new Uint8Array(length);
    for (let row = 0; row < pass.rows; ++row, offset += 1 + length) {
      const bytes = filtered.subarray(offset + 1, offset + 1 + length);
      undoFilter(filtered[offset] as number, bytes, above, pixelBytes);
      spread(header, pass, row, bytes, values);
      above = bytes;
    }
  }
  return values;
}

/** PNG specification, section 9; the bytes become what they were before the filter. */
function undoFilter(filter: number, bytes: Uint8Array, above: Uint8Array, pixelBytes: number): void {
  if (filter === 0) return;
  if (filter > 4) throw new Error(`the PNG is damaged: a row has filter ${filter}; there are 0 to 4`);
  for (let index = 0; index < bytes.length; ++index) {
    const left = index < pixelBytes ? 0 : (bytes[index - pixelBytes] as number);
    const up = above[index] as number;
    let predicted: number;
    if (filter === 1) predicted = left;
    else if (filter === 2) predicted = up;
    else if (filter === 3) predicted = (left + up) >> 1;
    else predicted = paeth(left, up, index < pixelBytes ? 0 : (above[index - pixelBytes] as number));
    bytes[index] = (bytes[index] as number) + predicted;
  }
}

/** Whichever of the three is nearest to left + up − corner. */
function paeth(left: number, up: number, corner: number): number {
  const toLeft = Math.abs(up - corner);
  const toUp = Math.abs(left - corner);
  const toCorner = Math.abs(left + up - 2 * corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Puts the values of a pass's row to their places in the picture. */
function spread(
  { width, channels, depth }: PngHeader,
  { left, top, across, down, columns }: Pass,
  row: number,
  bytes: Uint8Array,
  values: Uint8Array | Uint16Array,
): void {
  const start = ((top + row * down) * width + left) * channels;
  if (depth === 8 && across === 1) {
    values.set(bytes, start);
    return;
  }
  for (let column = 0; column < columns; ++column) {
    for (let channel = 0; channel < channels; ++channel) {
      const index = column * channels + channel;
      values[start + column * across * channels + channel] = valueAt(bytes, index, depth);
    }
  }
}

function valueAt(bytes: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return bytes[index] as number;
  if (depth === 16) return ((bytes[2 * index] as number) << 8) | (bytes[2 * index + 1] as number);
  const bit = index * depth;
  return ((bytes[bit >> 3] as number) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Looks colours up in the palette, spreads grey of few bits over 0..255, and gives the transparent colour its alpha. */
function withColours(
  { header, palette, transparency }: PngChunks,
  values: Uint8Array | Uint16Array,
): { data: PixelData; channels: number } {
  const { channels, depth, hasPalette } = header;
  if (hasPalette) return lookUp(values, palette, transparency);
  const scale = depth < 8 ? 255 / (2 ** depth - 1) : 1;
  if (transparency === undefined) {
    return { data: scale === 1 ? values : values.map((value) => value * scale), channels };
  }
  // Of the 16 bits, only those that a value can have count.
  const clear = Array.from({ length: channels }, (_, channel) => valueAt(transparency, channel, 16) % 2 ** depth);
  const pixels = values.length / channels;
  const data = depth === 16 ? new Uint16Array(pixels * (channels + 1)) : new Uint8Array(pixels * (channels + 1));
  for (let pixel = 0, place = 0; pixel < pixels; ++pixel) {
    let isClear = true;
    for (let channel = 0; channel < channels; ++channel) {
      const value = values[pixel * channels + channel] as number;
      isClear &&= value === clear[channel];
      data[place++] = value * scale;
    }
    data[place++] = isClear ? 0 : 2 ** Math.max(8, depth) - 1;
  }
  return { data, channels: channels + 1 };
}

function lookUp(indices: ArrayLike<number>, palette: Uint8Array, transparency: Uint8Array | undefined) {
  const colours = palette.length / 3;
  const channels = transparency === undefined ? 3 : 4;
  const data = new Uint8Array(indices.length * channels);
  for (let pixel = 0, place = 0; pixel < indices.length; ++pixel) {
    const index = indices[pixel] as number;
    if (index >= colours) {
      throw new Error(`the PNG is damaged: pixel ${pixel} has colour ${index} of a palette of ${colours}`);
    }
    for (let channel = 0; channel < 3; ++channel) data[place++] = palette[3 * index + channel] as number;
    if (transparency !== undefined) data[place++] = transparency[index] ?? 255;
  }
  return { data, channels };
}
