import { readBody } from "./body.js";
import { Refusal, shown } from "./refusal.js";

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Of a binary PGM, https://netpbm.sourceforge.net/doc/pgm.html: comments may stand wherever white space may. */
const PGM_HEADER = /^P5(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)[ \t-\r]/;
const PGM_HEADER_LIMIT = 1024;

/**
 * What a body may be, by its type: the bytes that it may have, and what reads 784 values out of them as the classifier
 * takes them, or throws a `Refusal`.
 */
const FORMATS = {
  "application/octet-stream": { limit: 65_536, read: readRaw },
  "image/x-portable-graymap": { limit: 65_536, read: readPgm },
  "application/json": { limit: 65_536, read: readJson },
};

/**
 * The image that a request carries.
 *
 * @param milliseconds that the body may take
 * @throws {Refusal} for every body that is none
 */
export async function readImage(request, milliseconds) {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (!Object.hasOwn(FORMATS, type)) {
    const wanted = Object.keys(FORMATS).join(", ");
    const got = shown(type) || "no content type";
    throw new Refusal(415, `got ${got}, wanted one of ${wanted}`, { headers: { accept: wanted } });
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    const message = `got the content encoding ${shown(encoding)}, wanted none`;
    throw new Refusal(415, message, { headers: { "accept-encoding": "identity" } });
  }
  const { limit, read } = FORMATS[type];
  return await read(await readBody(request, limit, milliseconds));
}

function readRaw(bytes) {
  if (bytes.length !== PIXELS) throw new Refusal(400, `got ${bytes.length} bytes, wanted ${PIXELS} (${SIDE}×${SIDE})`);
  return bytes;
}

/** A binary PGM with one byte per pixel. */
function readPgm(bytes) {
  // One character per byte, so that the header's length counts bytes; a header with comments fits as well.
  const text = String.fromCharCode(...bytes.subarray(0, PGM_HEADER_LIMIT));
  const header = PGM_HEADER.exec(text);
  if (header === null) throw new Refusal(400, "got no header of a binary PGM, wanted P5, width, height, maximum");
  const [width, height, maximum] = header.slice(1).map(Number);
  if (width !== SIDE || height !== SIDE) {
    throw new Refusal(400, `got a PGM of ${width}×${height}, wanted ${SIDE}×${SIDE}`);
  }
  if (maximum < 1 || maximum > 255) throw new Refusal(400, `got a PGM of maximum ${maximum}, wanted 1 to 255`);
  const pixels = bytes.subarray(header[0].length);
  if (pixels.length !== PIXELS) {
    throw new Refusal(400, `got a PGM with ${pixels.length} bytes of pixels, wanted ${PIXELS}`);
  }
  if (maximum === 255) return pixels;
  const above = pixels.findIndex((value) => value > maximum);
  if (above >= 0) throw new Refusal(400, `pixel ${above}: got ${pixels[above]}, wanted 0 to ${maximum}`);
  return Float32Array.from(pixels, (value) => value / maximum);
}

function readJson(bytes) {
  let values;
  try {
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "got a body that is not JSON, wanted an array of numbers");
  }
  if (!Array.isArray(values)) {
    throw new Refusal(400, `got JSON of the type ${jsonType(values)}, wanted an array of ${PIXELS} numbers`);
  }
  if (values.length !== PIXELS) {
    throw new Refusal(400, `got an array of ${values.length}, wanted ${PIXELS} numbers (${SIDE}×${SIDE})`);
  }
  const odd = values.findIndex((value) => typeof value !== "number" || !(value >= 0 && value <= 1));
  if (odd >= 0) {
    // Not written out where it is nested: it may be so deep that JSON.stringify runs out of stack.
    const got = typeof values[odd] === "object" ? jsonType(values[odd]) : shown(JSON.stringify(values[odd]), 40);
    throw new Refusal(400, `pixel ${odd}: got ${got}, wanted a number from 0 to 1`);
  }
  return Float64Array.from(values);
}

function jsonType(value) {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
