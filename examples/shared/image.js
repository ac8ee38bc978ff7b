import { readBody } from "./body.js";
import { readPgm, readRaw } from "./frames.js";
import { readJson } from "./json.js";
import { pictureReader, wholePicture } from "./picture.js";
import { Refusal, shown } from "./refusal.js";

const FRAMES_LIMIT = 65_536;
const PICTURE_LIMIT = 2_097_152;
/** A picture of the largest size in base64. */
const JSON_LIMIT = 3_145_728;

const asFrames = (read) => (bytes) => {
  const images = read(bytes);
  return { images, several: images.length > 1 };
};
const asPicture = (bytes) => ({ images: [pictureReader()(bytes)], several: false });

/**
 * What a body may be, by its type: the bytes that it may have, and what reads images of 784 values out of them as the
 * classifier takes them, or throws a `Refusal`.
 */
const FORMATS = {
  "image/png": { limit: PICTURE_LIMIT, read: asPicture },
  "image/jpeg": { limit: PICTURE_LIMIT, read: asPicture },
  "application/octet-stream": { limit: FRAMES_LIMIT, read: asFrames(readRaw) },
  "image/x-portable-graymap": { limit: FRAMES_LIMIT, read: asFrames(readPgm) },
  "application/json": { limit: JSON_LIMIT, read: readJson },
};

/** The same for a picture of many digits. */
const PICTURES = {
  "image/png": { limit: PICTURE_LIMIT, read: wholePicture },
  "image/jpeg": { limit: PICTURE_LIMIT, read: wholePicture },
};

/**
 * The images that a request carries.
 *
 * @param milliseconds that the body may take
 * @returns `{ images, several }`: whether the answer is to be a list, also of one
 * @throws {Refusal} for every body that has none
 */
export function readImages(request, milliseconds) {
  return readAs(FORMATS, request, milliseconds);
}

/**
 * The picture that a request carries, as `readDigits` takes it.
 *
 * @param milliseconds that the body may take
 * @throws {Refusal} for every body that is no PNG or JPEG
 */
export function readPicture(request, milliseconds) {
  return readAs(PICTURES, request, milliseconds);
}

async function readAs(formats, request, milliseconds) {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (!Object.hasOwn(formats, type)) {
    const wanted = Object.keys(formats).join(", ");
    const got = shown(type) || "no content type";
    throw new Refusal(415, `got ${got}, wanted one of ${wanted}`, { headers: { accept: wanted } });
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    const message = `got the content encoding ${shown(encoding)}, wanted none`;
    throw new Refusal(415, message, { headers: { "accept-encoding": "identity" } });
  }
  const { limit, read } = formats[type];
  return read(await readBody(request, limit, milliseconds));
}
