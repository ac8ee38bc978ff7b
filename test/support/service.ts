import { readFileSync } from "node:fs";
import { beforeEach, vi } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";

/** What the service logs about a request. */
export interface LogEntry {
  time: string;
  id: string;
  method: string;
  path: string;
  status: number;
  ms: number;
  error?: string;
  cause?: string;
}

/** What the service reads of a Request. */
export type RequestParts = Pick<Request, "url" | "method" | "headers" | "body">;

export type Respond = (request: RequestParts) => Promise<Response>;

export interface ServiceOptions {
  origins?: "*" | string[];
  bodyMilliseconds?: number;
  log?: (entry: LogEntry) => void;
}

const example = (name: string): string => new URL(`../../examples/shared/${name}`, import.meta.url).href;

export const { respondWith } = (await import(example("respond.js"))) as {
  respondWith: (create: typeof createClassifier, options?: ServiceOptions) => Respond;
};

export const { originsOf } = (await import(example("origins.js"))) as {
  originsOf: (setting?: string) => "*" | string[];
};

/** A 3, which a model drew, as a PGM. */
export const map = readFileSync(new URL("../../examples/wasi/digits.pgm", import.meta.url)).subarray(0, 835);
/** Its pixels. */
export const pixels = new Uint8Array(map.subarray(-784));
export const RAW = "application/octet-stream";
export const PGM = "image/x-portable-graymap";
export const ADDRESS = "http://localhost/";
/** What the path of images answers to. */
export const METHODS = "GET, HEAD, OPTIONS, POST";

/** A service whose making of classifiers and whose log are looked at; the log is emptied before each test. */
export function observedService() {
  const create = vi.fn(createClassifier);
  const logged: LogEntry[] = [];
  const log = (entry: LogEntry) => logged.push(entry);
  beforeEach(() => {
    logged.length = 0;
  });
  return { create, logged, log, respond: respondWith(create, { log }) };
}

/** A request with an image. */
export function post(
  body: RequestInit["body"] | Uint8Array,
  type: string | undefined,
  headers: Record<string, string> = {},
): Request {
  const types = type === undefined ? {} : { "content-type": type };
  return new Request(ADDRESS, {
    method: "POST",
    body: (body ?? null) as BodyInit | null,
    headers: { ...types, ...headers },
    duplex: "half",
  } as RequestInit);
}
