// A small web service around a classifier, in nothing but Request and Response: Workers, Deno, Bun and Node all have these.

import { readDigits } from "../../dist/examples/uploads.js";
import { MOST_IMAGES, PIXELS, SIDE } from "./frames.js";
import { readImages, readPicture } from "./image.js";
import { isPreflight, originHeaders, preflightHeaders } from "./origins.js";
import { Refusal, shown } from "./refusal.js";

const BODY_MILLISECONDS = 10_000;
const CAUSE_CHARACTERS = 2000;
/** Of an id that a client or a proxy gives; others are replaced, as they go into logs and headers. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

const HELP = `POST a picture of a digit, as

  image/png, image/jpeg       a picture of any size
  application/octet-stream    ${PIXELS} bytes
  image/x-portable-graymap    a binary PGM (P5) of ${SIDE}×${SIDE}
  application/json            an array of ${PIXELS} numbers from 0 to 1, a PNG or JPEG in base64 (as data:image/png;base64,… or
                              without), or { "image": … } with one of these

and get JSON: { label, name, confidence, rejected, probabilities }. Bytes, PGM and numbers are ${SIDE}×${SIDE} pixels, row by row,
bright ink on dark. Up to ${MOST_IMAGES} images at once, as a JSON array, as bytes or as PGMs one after the other, are answered with
{ results: [ … ] }. POST a PNG or JPEG to /read to read all digits in it: { text, lines, others, complete }. GET /health tells whether all that works.
`;

/**
 * Makes the handler of a service: `(request) => Promise<Response>`, which never rejects. Each answer carries an
 * `x-request-id`: the request's own where it has a sane one, a random one otherwise.
 *
 * @param createClassifier of one of the package's entries. It is called on the first image or question for health, not
 *   before, and once: all requests share the classifier. Where it fails, that request is answered with 500, or 503, and the
 *   next one tries again.
 * @param options
 *   `origins`: what `originsOf` gives, the origins whose pages may use the service; none by default.
 *   `bodyMilliseconds`: how long a body may take to come, 10,000 by default; then it is answered with 408.
 *   `log`: receives `{ time, id, method, path, status, ms }` for each request, and for refused ones `error` and perhaps
 *   `cause`. By default it is printed as a line of JSON.
 */
export function respondWith(
  createClassifier,
  { origins = [], bodyMilliseconds = BODY_MILLISECONDS, log = printLine } = {},
) {
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
    // The images first: a bad request costs no classifier.
    const { images, several } = await readImages(request, bodyMilliseconds);
    const abs = await sharedClassifier();
    const results = images.map((image) => {
      const { label, name, confidence, rejected, probabilities } = abs.classify(image);
      return { label, name, confidence, rejected, probabilities: [...probabilities] };
    });
    return json(200, several ? { results } : results[0]);
  }

  async function read(request) {
    const picture = await readPicture(request, bodyMilliseconds);
    const { text, lines, others, complete } = readDigits(picture, { classifier: await sharedClassifier() });
    const plain = lines.map(({ digits, ...line }) => ({
      ...line,
      digits: digits.map(({ probabilities, ...digit }) => ({ ...digit, probabilities: [...probabilities] })),
    }));
    return json(200, { text, lines: plain, others, complete });
  }

  async function health() {
    try {
      await sharedClassifier();
    } catch (cause) {
      throw new Refusal(503, "the classifier could not be made", { headers: { "retry-after": "1" }, cause });
    }
    return json(200, { status: "ok" });
  }

  const routes = { "/": { GET: help, POST: classify }, "/read": { POST: read }, "/health": { GET: health } };

  async function route(request, path) {
    if (!Object.hasOwn(routes, path)) {
      throw new Refusal(404, `got the path ${shown(path)}, wanted ${Object.keys(routes).join(" or ")}`);
    }
    const handlers = routes[path];
    const methods = ["HEAD", "OPTIONS", ...Object.keys(handlers)].sort().join(", ");
    if (isPreflight(request)) return nothing(preflightHeaders(origins, request, methods));
    if (request.method === "OPTIONS") return nothing({ allow: methods });
    const method = request.method === "HEAD" ? "GET" : request.method;
    if (!Object.hasOwn(handlers, method)) {
      throw new Refusal(405, `got ${shown(method, 20)}, wanted one of ${methods}`, { headers: { allow: methods } });
    }
    return await handlers[method](request);
  }

  return async function respond(request) {
    const start = Date.now();
    const id = requestId(request);
    const path = pathOf(request);
    let answer;
    let refusal;
    try {
      answer = await route(request, path);
    } catch (error) {
      refusal =
        error instanceof Refusal ? error : new Refusal(500, "the image could not be classified", { cause: error });
      answer = json(refusal.status, { error: refusal.message }, refusal.headers);
    }
    const { status, body, headers } = answer;
    record({
      time: new Date(start).toISOString(),
      id,
      method: shown(request.method, 20),
      path: shown(path),
      status,
      ms: Date.now() - start,
      error: refusal?.message,
      // Why something failed is for whoever runs the service, not for its clients.
      cause: refusal?.cause && String(refusal.cause.stack ?? refusal.cause).slice(0, CAUSE_CHARACTERS),
    });
    return new Response(request.method === "HEAD" ? null : body, {
      status,
      headers: {
        ...headers,
        ...originHeaders(origins, request),
        "x-content-type-options": "nosniff",
        "x-request-id": id,
      },
    });
  };

  function record(entry) {
    try {
      log(entry);
    } catch {
      // A log that fails must not cost the answer.
    }
  }
}

function printLine(entry) {
  console.log(JSON.stringify(entry));
}

function requestId(request) {
  const given = request.headers.get("x-request-id") ?? "";
  return REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

/** The path of a request's address; empty where it has none, which is no path of the service. */
function pathOf(request) {
  return URL.canParse(request.url) ? new URL(request.url).pathname : "";
}

function help() {
  return { status: 200, body: HELP, headers: { "content-type": "text/plain; charset=utf-8" } };
}

function json(status, value, headers = {}) {
  return {
    status,
    body: JSON.stringify(value),
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  };
}

function nothing(headers) {
  return { status: 204, body: null, headers };
}
