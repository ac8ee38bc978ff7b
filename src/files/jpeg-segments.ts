import { latin1, viewOf } from "./bytes.ts";
import { checkClaimedSize } from "./limits.ts";

/** What the segments of a JPEG say before its pixels are decoded. */
export interface JpegSegments {
  readonly width: number;
  readonly height: number;
  /** Components per pixel: 1, 3 or 4. */
  readonly components: number;
  /** Blocks of 8×8 values in all components, those that fill up the edges included. */
  readonly blocks: number;
  /** Blocks that all scans together go through: a progressive file visits each several times. */
  readonly visits: number;
  /** The Exif block after its `Exif\0\0` mark, if there is one. */
  readonly exif: Uint8Array | undefined;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly blocks: number;
  /** Blocks of each component, by its identifier. */
  readonly blocksOf: ReadonlyMap<number, number>;
}

// Markers, ITU-T T.81, table B.1.
const START_OF_FRAME = new Set([0xc0, 0xc1, 0xc2]);
const OTHER_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const HUFFMAN_TABLES = 0xc4;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const QUANTIZATION_TABLES = 0xdb;
const NUMBER_OF_LINES = 0xdc;
const RESTART_INTERVAL = 0xdd;
const EXIF = 0xe1;
const ADOBE = 0xee;
const COMMENT = 0xfe;

/** The most that T.81 allows, and what decoders agree on. */
const LARGEST_SAMPLING = 4;
const LAST_FREQUENCY = 63;

/**
 * Walks through all segments, whose lengths must be those that their contents need: the decoder goes by the contents, and
 * would otherwise see other segments than are counted here.
 *
 * @param pixelLimit the most pixels that the frame header may claim
 * @throws {Error} saying what is wrong: claimed size, kind, damaged, cut short
 */
export function readJpegSegments(bytes: Uint8Array, pixelLimit: number): JpegSegments {
  const view = viewOf(bytes);
  let exif: Uint8Array | undefined;
  let frame: Frame | undefined;
  let adobe = false;
  let visits = 0;
  for (let offset = 2; ; ) {
    if (offset + 2 > bytes.length) throw cutShort(frame);
    if (bytes[offset] !== 0xff) throw damaged(`no marker at byte ${offset}`);
    const marker = bytes[offset + 1] as number;
    if (marker === 0xff) {
      // Any number of fill bytes may stand before a marker.
      ++offset;
      continue;
    }
    if (marker === END_OF_IMAGE) break;
    if (offset + 4 > bytes.length) throw cutShort(frame);
    const end = offset + 2 + view.getUint16(offset + 2);
    if (end < offset + 4) throw damaged(`a segment at byte ${offset} that is shorter than its own length`);
    if (end > bytes.length) throw cutShort(frame);
    const content = bytes.subarray(offset + 4, end);
    offset = end;
    if (START_OF_FRAME.has(marker)) {
      if (frame !== undefined) throw damaged("more than one frame");
      frame = readFrame(content, pixelLimit);
    } else if (OTHER_FRAMES.has(marker)) {
      throw new Error(
        `the JPEG is of the kind ${marker.toString(16)}; baseline, extended and progressive ones are read`,
      );
    } else if (marker === START_OF_SCAN) {
      visits += visitedBlocks(content, frame);
      offset = endOfScan(bytes, end);
    } else if (marker === HUFFMAN_TABLES) checkHuffmanTables(content);
    else if (marker === QUANTIZATION_TABLES) checkQuantizationTables(content);
    else if (marker === RESTART_INTERVAL || marker === NUMBER_OF_LINES) {
      if (content.length !== 2) throw damaged("a segment of a number that is not one");
    } else if (marker >= 0xe0 && marker <= 0xef) {
      if (marker === EXIF && startsWith(content, "Exif\0\0")) exif = content.subarray(6);
      if (marker === ADOBE && startsWith(content, "Adobe\0")) adobe = true;
    } else if (marker !== COMMENT) throw damaged(`an unknown marker, ${marker.toString(16).padStart(2, "0")}`);
  }
  if (frame === undefined || visits === 0) throw damaged("no image");
  const { width, height, blocks, blocksOf } = frame;
  const components = blocksOf.size;
  if (components === 4 && !adobe) {
    throw new Error("the JPEG has 4 components and does not say which colours they are");
  }
  return { width, height, components, blocks, visits, exif };
}

function readFrame(content: Uint8Array, pixelLimit: number): Frame {
  const view = viewOf(content);
  if (content.length < 6) throw damaged("a frame header without a size");
  const precision = view.getUint8(0);
  const height = view.getUint16(1);
  const width = view.getUint16(3);
  const count = view.getUint8(5);
  checkClaimedSize(width, height, pixelLimit);
  if (precision !== 8) throw new Error(`the JPEG has ${precision} bits per value; 8 are read`);
  if (count !== 1 && count !== 3 && count !== 4) {
    throw new Error(`the JPEG has ${count} components per pixel; 1, 3 and 4 are read`);
  }
  if (content.length !== 6 + 3 * count) throw damaged("a frame header of the wrong length");
  const sampling = Array.from({ length: count }, (_, index) => {
    const packed = view.getUint8(7 + 3 * index);
    return { id: view.getUint8(6 + 3 * index), across: packed >> 4, down: packed & 15 };
  });
  for (const { across, down } of sampling) {
    if (Math.min(across, down) < 1 || Math.max(across, down) > LARGEST_SAMPLING) {
      throw damaged(`a sampling of ${across}×${down}; 1 to ${LARGEST_SAMPLING} are possible`);
    }
  }
  const unitsAcross = Math.ceil(width / (8 * Math.max(...sampling.map(({ across }) => across))));
  const unitsDown = Math.ceil(height / (8 * Math.max(...sampling.map(({ down }) => down))));
  const blocksOf = new Map(sampling.map(({ id, across, down }) => [id, unitsAcross * across * unitsDown * down]));
  if (blocksOf.size !== count) throw damaged("two components of the same name");
  return { width, height, blocksOf, blocks: [...blocksOf.values()].reduce((sum, blocks) => sum + blocks) };
}

/** How many blocks a scan with this header goes through. */
function visitedBlocks(header: Uint8Array, frame: Frame | undefined): number {
  if (frame === undefined) throw damaged("a scan before the frame header");
  const count = header[0] ?? 0;
  if (count < 1 || count > 4 || header.length !== 4 + 2 * count) throw damaged("a scan header of the wrong length");
  if ((header[2 + 2 * count] as number) > LAST_FREQUENCY) throw damaged("a scan of frequencies that there are not");
  let visits = 0;
  const ids = Array.from({ length: count }, (_, index) => header[1 + 2 * index] as number);
  if (new Set(ids).size !== count) throw damaged("a scan that names a component twice");
  for (const id of ids) {
    const blocks = frame.blocksOf.get(id);
    if (blocks === undefined) throw damaged("a scan of a component that the frame has not");
    visits += blocks;
  }
  return visits;
}

/** Where the next marker lies that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, start: number): number {
  for (let offset = bytes.indexOf(0xff, start); offset >= 0; offset = bytes.indexOf(0xff, offset + 1)) {
    const next = bytes[offset + 1];
    if (next !== undefined && next !== 0 && !(next >= FIRST_RESTART && next <= LAST_RESTART)) return offset;
  }
  return bytes.length;
}

function checkHuffmanTables(content: Uint8Array): void {
  let offset = 0;
  while (offset < content.length) {
    // Four tables of each of two classes.
    if (((content[offset] ?? 0) & 0b11101100) !== 0) throw damaged("a Huffman table of a kind that there is not");
    const codes = content.subarray(offset + 1, offset + 17).reduce((sum, length) => sum + length, 0);
    offset += 17 + codes;
  }
  if (offset !== content.length) throw damaged("Huffman tables of the wrong length");
}

function checkQuantizationTables(content: Uint8Array): void {
  let offset = 0;
  while (offset < content.length) offset += 1 + ((content[offset] as number) >> 4 === 0 ? 64 : 128);
  if (offset !== content.length) throw damaged("quantization tables of the wrong length");
}

function startsWith(content: Uint8Array, text: string): boolean {
  return latin1(content, 0, text.length) === text;
}

function damaged(problem: string): Error {
  return new Error(`the JPEG is damaged: it has ${problem}`);
}

function cutShort(frame: Frame | undefined): Error {
  return new Error(`the JPEG is cut short: it ends before its ${frame === undefined ? "frame header" : "end marker"}`);
}
