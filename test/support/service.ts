import { readFileSync } from "node:fs";
import type { createClassifier } from "../../src/entries/node.ts";

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
