import { Refusal, shown } from "./refusal.js";

// Pages of other origins, which browsers let see an answer only where it says so (https://fetch.spec.whatwg.org/#http-cors-protocol).

const PREFLIGHT_SECONDS = 86_400;

/**
 * The origins that a setting names: `*` for all, or some, separated by commas or blanks; none where it is empty.
 *
 * @throws {Error} for a text that is no origin, such as a name without https:// or an address with a path
 */
export function originsOf(setting) {
  const origins = (setting ?? "").split(/[\s,]+/).filter((origin) => origin !== "");
  if (origins.length === 1 && origins[0] === "*") return "*";
  const odd = origins.find((origin) => !URL.canParse(origin) || new URL(origin).origin !== origin);
  if (odd !== undefined) {
    throw new Error(`allowed origins: got ${shown(odd)}, wanted * or origins such as https://example.org`);
  }
  return origins;
}

/** The headers by which every answer tells a browser whether the page that asked may see it. */
export function originHeaders(origins, request) {
  const expose = { "access-control-expose-headers": "x-request-id" };
  if (origins === "*") return { "access-control-allow-origin": "*", ...expose };
  // Caches must not give one origin's answer to another.
  const vary = origins.length > 0 ? { vary: "origin" } : {};
  const origin = request.headers.get("origin");
  return origins.includes(origin) ? { "access-control-allow-origin": origin, ...expose, ...vary } : vary;
}

/** Whether a request is the question that a browser puts before another one. */
export function isPreflight(request) {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** The further headers of the answer to that question. @throws {Refusal} 403 where the origin is not allowed */
export function preflightHeaders(origins, request, methods) {
  const origin = request.headers.get("origin") ?? "";
  if (origins !== "*" && !origins.includes(origin)) {
    throw new Refusal(403, `the origin ${shown(origin) || "of nobody"} is not among those that this service allows`);
  }
  return {
    "access-control-allow-methods": methods,
    "access-control-allow-headers": "content-type, x-request-id",
    "access-control-max-age": `${PREFLIGHT_SECONDS}`,
  };
}
