// A small web service around a classifier, in nothing but Request and Response: Workers, Deno, Bun and Node all have these.

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const BODY_LIMIT = 65_536;

/** Of a binary PGM, https://netpbm.sourceforge.net/doc/pgm.html: comments may stand wherever white space may. */
const HEADER = /^P5(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)(?:[ \t-\r]|#[^\n]*\n)+(\d+)[ \t-\r]/;

const HELP = `POST an image of ${SIDE}×${SIDE} pixels, row by row, bright ink on dark, as

  application/octet-stream    ${PIXELS} bytes
  image/x-portable-graymap    a binary PGM (P5) of ${SIDE}×${SIDE}
  application/json            an array of ${PIXELS} numbers from 0 to 1

and get JSON: { label, name, confidence, rejected, probabilities }.
`;

/** What a client did wrong, with the status that tells so. */
class RequestError extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * Makes the handler of a service: `(request) => Promise<Response>`, which never rejects.
 *
 * @param createClassifier of one of the package's entries. It is called on the first image, not before, and once: all
 *   requests share the classifier. Where it fails, that request is answered with 500 and the next one tries again.
 */
export function respondWith(createClassifier) {
  let classifier;

  async function sharedClassifier() {
    classifier ??= createClassifier({ effort: "standard" });
    const made = classifier;
    try {
      return await made;
    } catch (error) {
      // Unless another request has begun anew meanwhile.
      if (classifier === made) classifier = undefined;
      throw error;
    }
  }

  async function classify(request) {
    // The image first: a bad request costs no classifier.
    const image = await imageOf(request);
    const abs = await sharedClassifier();
    const { label, name, confidence, rejected, probabilities } = abs.classify(image);
    return json(200, { label, name, confidence, rejected, probabilities: [...probabilities] });
  }

  return async function respond(request) {
    try {
      const { pathname } = new URL(request.url);
      if (pathname !== "/") throw new RequestError(404, `got the path ${pathname}, wanted /`);
      if (request.method === "POST") return await classify(request);
      if (request.method === "GET" || request.method === "HEAD") return help(request.method);
      throw new RequestError(405, `got ${request.method}, wanted POST, or GET for help`, { allow: "GET, HEAD, POST" });
    } catch (error) {
      if (error instanceof RequestError) return json(error.status, { error: error.message }, error.headers);
      // Why it failed is for whoever runs the service, not for its clients.
      console.error(error);
      return json(500, { error: "the image could not be classified" });
    }
  };
}

function help(method) {
  return new Response(method === "HEAD" ? null : HELP, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

function json(status, value, headers = {}) {
  return Response.json(value, { status, headers: { "cache-control": "no-store", ...headers } });
}

/** Readers of a body, by its type. Each gives 784 values as the classifier takes them, or throws. */
const READERS = {
  "application/octet-stream": readRaw,
  "image/x-portable-graymap": readPgm,
  "application/json": readJson,
};

/** The image that a request carries. Throws a `RequestError` for every body that is none. */
async function imageOf(request) {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0].trim().toLowerCase();
  if (!Object.hasOwn(READERS, type)) {
    const wanted = Object.keys(READERS).join(", ");
    throw new RequestError(415, `got ${type || "no content type"}, wanted one of ${wanted}`, { accept: wanted });
  }
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    throw new RequestError(415, `got the content encoding ${encoding}, wanted none`, { "accept-encoding": "identity" });
  }
  return READERS[type](await boundedBody(request));
}

/** The body's bytes. Reads no further than the limit, whatever Content-Length says, if it says anything. */
async function boundedBody(request) {
  const declared = Number(request.headers.get("content-length"));
  if (declared > BODY_LIMIT) throw tooLarge(`${declared}`);
  const bytes = new Uint8Array(BODY_LIMIT);
  let length = 0;
  if (request.body === null) return bytes.subarray(0, 0);
  const reader = request.body.getReader();
  for (;;) {
    let piece;
    try {
      piece = await reader.read();
    } catch {
      throw new RequestError(400, `the body broke off after ${length} bytes`);
    }
    if (piece.done) return bytes.subarray(0, length);
    if (length + piece.value.length > BODY_LIMIT) {
      // Not awaited: the answer shall not depend on how the sender takes it.
      reader.cancel().catch(() => {});
      throw tooLarge(`more than ${BODY_LIMIT}`);
    }
    bytes.set(piece.value, length);
    length += piece.value.length;
  }
}

function tooLarge(got) {
  return new RequestError(413, `got ${got} bytes, wanted at most ${BODY_LIMIT}`);
}

function readRaw(bytes) {
  if (bytes.length !== PIXELS) {
    throw new RequestError(400, `got ${bytes.length} bytes, wanted ${PIXELS} (${SIDE}×${SIDE})`);
  }
  return bytes;
}

/** A binary PGM with one byte a pixel. */
function readPgm(bytes) {
  // One character a byte, so that the header's length counts bytes; a header with comments fits as well.
  const text = String.fromCharCode(...bytes.subarray(0, 1024));
  const header = HEADER.exec(text);
  if (header === null) throw new RequestError(400, "got no header of a binary PGM, wanted P5, width, height, maximum");
  const [width, height, maximum] = header.slice(1).map(Number);
  if (width !== SIDE || height !== SIDE) {
    throw new RequestError(400, `got a PGM of ${width}×${height}, wanted ${SIDE}×${SIDE}`);
  }
  if (maximum < 1 || maximum > 255) throw new RequestError(400, `got a PGM of maximum ${maximum}, wanted 1 to 255`);
  const pixels = bytes.subarray(header[0].length);
  if (pixels.length !== PIXELS) {
    throw new RequestError(400, `got a PGM with ${pixels.length} bytes of pixels, wanted ${PIXELS}`);
  }
  if (maximum === 255) return pixels;
  const above = pixels.findIndex((value) => value > maximum);
  if (above >= 0) throw new RequestError(400, `pixel ${above}: got ${pixels[above]}, wanted 0 to ${maximum}`);
  return Float32Array.from(pixels, (value) => value / maximum);
}

function readJson(bytes) {
  let values;
  try {
    values = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RequestError(400, "got a body that is not JSON, wanted an array of numbers");
  }
  if (!Array.isArray(values)) {
    const got = values === null ? "null" : typeof values;
    throw new RequestError(400, `got JSON of the type ${got}, wanted an array of ${PIXELS} numbers`);
  }
  if (values.length !== PIXELS) {
    throw new RequestError(400, `got an array of ${values.length}, wanted ${PIXELS} numbers (${SIDE}×${SIDE})`);
  }
  const odd = values.findIndex((value) => typeof value !== "number" || !(value >= 0 && value <= 1));
  if (odd >= 0) {
    const got = JSON.stringify(values[odd]).slice(0, 40);
    throw new RequestError(400, `pixel ${odd}: got ${got}, wanted a number from 0 to 1`);
  }
  return Float64Array.from(values);
}
