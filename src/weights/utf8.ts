// Texts as UTF-8 without TextEncoder and TextDecoder, which the realms that jest makes of jsdom lack. What is read and written
// here is a few kilobytes.

/** Characters that one call of `fromCharCode` takes: engines limit arguments. */
const CHUNK = 4096;

/** A text's bytes. Halves of surrogate pairs become U+FFFD, as everywhere on the web. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const whole = Array.from(text, (character) => (/^[\ud800-\udfff]$/.test(character) ? "\ufffd" : character)).join("");
  const escaped = encodeURIComponent(whole).replace(/%([0-9A-F]{2})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return Uint8Array.from(escaped, (byte) => byte.charCodeAt(0));
}

/** @throws {URIError} for bytes that are no UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(from, from + CHUNK));
  }
  const escaped = text.replace(/[%\u0080-\u00ff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return decodeURIComponent(escaped);
}
