import { readdirSync, readFileSync } from "node:fs";
import { deflateSync, gzipSync } from "node:zlib";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { ImageFileError } from "../../../src/files/file-error.ts";
import { decodeImageFile } from "../../../src/files/read-image-file.ts";
import {
  emptyScansJpeg,
  handmadePng,
  idxBytes,
  jpegSegment,
  LOSSY_WEBP,
  pngChunk,
} from "../../files/handmade-files.ts";
import { Choices } from "../choices.ts";
import { checkRefusal, demand, type Ending } from "../contract.ts";
import type { Target } from "../target.ts";

const EXAMPLES = new URL("../../../examples/images/", import.meta.url);
/** Those that are soon decoded. */
const LARGEST_BYTES = 4000;

function pictures(): readonly Uint8Array[] {
  const pixels = Uint8Array.from({ length: 3 * 784 }, (_, index) => (index * 31) % 251);
  const picture = { width: 28, height: 21, data: pixels };
  return [
    ...readdirSync(EXAMPLES)
      .sort()
      .map((name) => readFileSync(new URL(name, EXAMPLES)))
      .filter(({ length }) => length <= LARGEST_BYTES),
    encodePng({ ...picture, channels: 4 }, { interlace: "Adam7" }),
    jpeg.encode(picture, 80).data,
    jpeg.encode({ width: 9, height: 5, data: pixels }, 20).data,
    emptyScansJpeg(100, 3),
    handmadePng({ width: 9, height: 5, depth: 4, colourType: 0, rows: new Uint8Array(30) }),
    LOSSY_WEBP,
    Buffer.from("P1\n3 2\n0101\n10\n"),
    Buffer.concat([Buffer.from("P4 28 20\n"), pixels.subarray(0, 80)]),
    Buffer.from("P2\n# text\n3 2\n15\n0 1 2\n3 4 15\n"),
    Buffer.from("P3\n2 1\n255\n0 1 2 255 254 9\n"),
    Buffer.concat([Buffer.from("P5 2 2 65535\n"), pixels.subarray(0, 8)]),
    Buffer.concat([Buffer.from("P6 28 28 255\n"), pixels]),
    idxBytes([3, 28, 28], pixels),
    idxBytes([1, 28, 28, 3], pixels),
    gzipSync(idxBytes([3, 28, 28], pixels)),
  ];
}

const SIZES = [0, 1, 2, 3, 7, 8, 9, 28, 64, 255, 65_535, 2 ** 24, 2 ** 31, 2 ** 32 - 1];
const CHUNKS = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "eXIf", "gAMA", "acTL", "zzzz"];

/** A PNG of any chunks in any order, whose checksums are right. */
function anyPng(choices: Choices): Uint8Array {
  const size = (): number => choices.pick(SIZES.slice(0, choices.rarely(4) ? SIZES.length : 9));
  const header = (): Uint8Array => {
    const bytes = Buffer.alloc(13);
    bytes.writeUInt32BE(size(), 0);
    bytes.writeUInt32BE(size(), 4);
    bytes.set([1 << (choices.byte() % 5), choices.pick([0, 2, 3, 4, 6, 1]), 0, 0, choices.byte() % 2], 8);
    return bytes;
  };
  const content = (type: string): Uint8Array => {
    if (type === "IHDR") return header();
    if (type === "IDAT") return deflateSync(Buffer.alloc(choices.below(600), choices.byte() % 6), { level: 1 });
    return choices.bytes(choices.byte() % 32);
  };
  const chunks = choices.rarely(4)
    ? Array.from({ length: choices.byte() % 8 }, () => choices.pick(CHUNKS))
    : ["IHDR", ...(choices.rarely(2) ? ["PLTE", "tRNS"] : []), "IDAT", "IEND"];
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    ...chunks.map((type) => pngChunk(type, content(type))),
  ]);
}

const MARKERS = [0xdb, 0xc0, 0xc2, 0xc4, 0xda, 0xdd, 0xe0, 0xe1, 0xee, 0xfe, 0xc1, 0xd9, 0x01];

/** A JPEG of any segments in any order, whose lengths are right. */
function anyJpeg(choices: Choices): Uint8Array {
  const segment = (): Uint8Array => {
    const marker = choices.pick(MARKERS);
    if (marker === 0xdb)
      return jpegSegment(marker, [choices.byte() % 4, ...new Array<number>(64).fill(1 + choices.byte())]);
    if (marker === 0xc0 || marker === 0xc2) {
      const components = 1 + (choices.byte() % 4);
      const parts = Array.from({ length: components }, (_, at) => [
        at + 1,
        choices.pick([0x11, 0x22, 0x21, 0x41, 0]),
        0,
      ]);
      return jpegSegment(marker, [8, 0, choices.byte(), 0, choices.byte(), components, ...parts.flat()]);
    }
    if (marker === 0xc4) {
      const codes = choices.byte() % 16;
      return jpegSegment(marker, [
        choices.pick([0, 0x10, 1, 0x11]),
        ...Array.from({ length: 16 }, (_, at) => (at === 3 ? codes : 0)),
        ...Array.from({ length: codes }, () => choices.byte()),
      ]);
    }
    if (marker === 0xda) {
      return Buffer.concat([
        jpegSegment(marker, [1, 1, 0, choices.byte() % 64, choices.byte() % 64, choices.byte() % 4]),
        choices.bytes(choices.byte() % 64),
      ]);
    }
    return jpegSegment(marker, choices.bytes(choices.byte() % 32));
  };
  return Buffer.concat([
    Uint8Array.of(0xff, 0xd8),
    ...Array.from({ length: choices.byte() % 8 }, segment),
    Uint8Array.of(0xff, 0xd9),
  ]);
}

/** What is done to a file: bytes overwritten, cut out, repeated, put in, or all after some place gone. */
function changed(file: Uint8Array, choices: Choices): Uint8Array {
  const place = choices.below(65_536) % (choices.rarely(2) ? file.length + 1 : Math.min(file.length, 60) + 1);
  const [before, after] = [file.subarray(0, place), file.subarray(place)];
  switch (choices.byte() % 8) {
    case 4:
      return Buffer.concat([before, after.subarray(1 + choices.byte())]);
    case 5:
      return Buffer.concat([before, after.subarray(0, 1 + choices.byte()), after]);
    case 6:
      return Buffer.concat([before, choices.bytes(1 + (choices.byte() % 8)), after]);
    case 7:
      return before;
    default: {
      const bytes = choices.bytes(1 + (choices.byte() % 4));
      return Buffer.concat([before, bytes, after.subarray(bytes.length)]);
    }
  }
}

const ABOUT_THE_FILE = /\b(JPEG|PNG|WebP|GIF|BMP|portable map|idx|gzip|header|value|wanted|begins with)\b/;

/** Image files of every kind that is read. */
export const files: Target = {
  name: "files",
  length: 400,
  async prepare() {
    const originals = pictures();
    const anyFile = (choices: Choices): Uint8Array => {
      switch (choices.byte() % 8) {
        case 0:
          return choices.rest();
        case 1:
          return anyPng(choices);
        case 2:
          return anyJpeg(choices);
        case 3: {
          // Changed before it is packed, so that the change is met within.
          const shape = Array.from({ length: 1 + (choices.byte() % 5) }, () => choices.pick(SIZES));
          return gzipSync(idxBytes(shape, choices.rest()), { level: 1 });
        }
        default: {
          let file = choices.pick(originals);
          for (let count = choices.byte() % 4; count > 0; --count) file = changed(file, choices);
          return file;
        }
      }
    };
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const file = anyFile(new Choices(bytes));
      try {
        const { frames } = await decodeImageFile("picture", file);
        demand(frames.length > 0, () => "no frame");
        for (const frame of [frames.at(0), frames.at(frames.length - 1)]) {
          const { data, width, height, channels = 1 } = frame ?? demandFrame();
          demand(
            data.length === width * height * channels,
            () => `${data.length} values of ${width}×${height}×${channels}`,
          );
        }
        demand(frames.at(frames.length) === undefined, () => "a frame beyond the last");
        return "answered";
      } catch (error) {
        const ending = checkRefusal(error, [ImageFileError]);
        const { message } = error as Error;
        demand(ABOUT_THE_FILE.test(message), () => `a message that is not about the file: ${message}`);
        demand(!/undefined|null|NaN/.test(message), () => `a message with a hole: ${message}`);
        return ending;
      }
    };
    return { trial };
  },
};

function demandFrame(): never {
  demand(false, () => "a frame that is not there");
  throw new Error("unreachable");
}
