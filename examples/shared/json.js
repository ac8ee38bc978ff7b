import { checkCount, jsonType, PIXELS, readNumbers } from "./frames.js";
import { pictureReader } from "./picture.js";
import { Refusal, shown } from "./refusal.js";

const WANTED = `an array of ${PIXELS} numbers, a PNG or JPEG in base64, {"image": …} or an array of these`;
/** Of an address that holds what it leads to, RFC 2397, in base64. */
const DATA_ADDRESS = /^data:[\w./+-]{0,100}(?:;[\w=.-]{1,100}){0,4};base64,/i;

/**
 * The images of a body of JSON: one, or several in an array.
 *
 * @returns `{ images, several }`
 * @throws {Refusal} for everything else, with the place of the image that is wrong
 */
export function readJson(bytes) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal(400, `got a body that is not JSON, wanted ${WANTED}`);
  }
  const readPicture = pictureReader();
  // With a number in it an array is an image, which may be wrong, and so it is with as many values as an image has.
  const isImage = (array) =>
    array.length === 0 || array.length === PIXELS || array.some((one) => typeof one === "number");
  if (!Array.isArray(value) || isImage(value)) return { images: [readOne(value, readPicture)], several: false };
  checkCount(value.length);
  return { images: value.map((one, index) => readAt(one, index, readPicture)), several: true };
}

function readAt(value, index, readPicture) {
  try {
    return readOne(value, readPicture);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.status, `image ${index}: ${error.message}`);
  }
}

function readOne(value, readPicture) {
  const inner = value !== null && typeof value === "object" && Object.hasOwn(value, "image") ? value.image : value;
  if (Array.isArray(inner)) return readNumbers(inner);
  if (typeof inner === "string") return readPicture(fromBase64(inner));
  const where = inner === value ? "JSON" : "an image";
  throw new Refusal(400, `got ${where} of the type ${jsonType(inner)}, wanted ${WANTED}`);
}

function fromBase64(text) {
  const encoded = text.startsWith("data:") ? text.replace(DATA_ADDRESS, "") : text;
  try {
    const characters = atob(encoded);
    const bytes = new Uint8Array(characters.length);
    for (let index = 0; index < bytes.length; ++index) bytes[index] = characters.charCodeAt(index);
    return bytes;
  } catch {
    throw new Refusal(
      400,
      `got "${shown(text, 40)}", wanted a PNG or JPEG in base64, with data:image/png;base64, or without`,
    );
  }
}
