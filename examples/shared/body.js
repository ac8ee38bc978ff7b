import { Refusal, shown } from "./refusal.js";

const FIRST_BYTES = 1024;

/**
 * A request's body, as bytes. Reads no further than the limit, whatever Content-Length says, if it says anything, and no
 * longer than the time: all of the body has to come within it, so that a sender of a byte now and then does not hold on.
 *
 * @param limit in bytes
 * @param milliseconds from now
 * @throws {Refusal} 413 for a body that is too large, 408 for one that is too slow, 400 for one that breaks off
 */
export async function readBody(request, limit, milliseconds) {
  const declared = request.headers.get("content-length") ?? "";
  if (Number(declared) > limit) throw tooLarge(shown(declared, 20), limit);
  if (request.body === null) return new Uint8Array(0);

  const reader = request.body.getReader();
  let timer;
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, "late");
  });
  // Grows with what comes: a sender that promises much and sends little holds no memory.
  let bytes = new Uint8Array(Math.min(limit, FIRST_BYTES));
  let length = 0;
  try {
    for (;;) {
      const piece = await Promise.race([reader.read().catch(() => "broken"), deadline]);
      if (piece === "late") throw tooSlow(length, milliseconds);
      if (piece === "broken") throw new Refusal(400, `the body broke off after ${length} bytes`);
      if (piece.done) return bytes.subarray(0, length);
      const needed = length + piece.value.length;
      if (needed > limit) throw tooLarge(`more than ${limit}`, limit);
      if (needed > bytes.length) {
        const grown = new Uint8Array(Math.min(limit, 2 * needed));
        grown.set(bytes.subarray(0, length));
        bytes = grown;
      }
      bytes.set(piece.value, length);
      length = needed;
    }
  } finally {
    clearTimeout(timer);
    // Not awaited: the answer shall not depend on how the sender takes it. Of a body that was read, nothing is left.
    reader.cancel().catch(() => {});
  }
}

function tooLarge(got, limit) {
  return new Refusal(413, `got ${got} bytes, wanted at most ${limit}`, { headers: { connection: "close" } });
}

function tooSlow(length, milliseconds) {
  const message = `got ${length} bytes in ${milliseconds / 1000} s, wanted the whole body by then`;
  return new Refusal(408, message, { headers: { connection: "close" } });
}
