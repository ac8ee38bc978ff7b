import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { entryFor } from "../../support/packed.ts";
import { bytesLoaded, type Stage } from "../stage.ts";
import type { SuiteResult } from "../suite.mjs";
import type { Outcome } from "./host.ts";

// What browsers have in common: a page that runs the suite and leaves its result as text, under a strict policy, from a
// server that has nothing but the stage.

const POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".mjs": "text/javascript",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
};

/** Loads an address, waits until the page's title is "done" or "failed", and gives title and text. */
export type ReadPage = (address: string) => Promise<{ title: string; text: string }>;

/** Title and text of the page as JSON, for browsers to evaluate. */
export const PAGE_STATE = "JSON.stringify({ title: document.title, text: document.body?.textContent ?? '' })";
export const PAGE_IS_SETTLED = "document.title === 'done' || document.title === 'failed'";

/** Serves a folder under the policy while `use` works with its address, which ends in no slash. */
export async function whileServing<Value>(folder: string, use: (address: string) => Promise<Value>): Promise<Value> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url as string, "http://localhost").pathname);
    readFile(join(folder, path)).then(
      (content) => {
        response.writeHead(200, {
          "content-type": TYPES[extname(path)] ?? "application/octet-stream",
          "content-security-policy": POLICY,
        });
        response.end(content);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Runs the suite in the page that a server gives, with the entry that bundlers and browsers get. */
export async function runServedPage(stage: Stage, version: string, read: ReadPage): Promise<Outcome> {
  const entry = entryFor(stage.packageFolder, ".", ["browser", "import"]);
  const library = `./node_modules/analysis-by-synthesis/${entry}`;
  const result = await whileServing(stage.folder, async (address) =>
    resultOf(await read(`${address}/page.html?library=${encodeURIComponent(library)}`)),
  );
  return { ...result, version, entry, bytes: bytesLoaded(stage, entry, true) };
}

/** Runs the suite in a page from disk, which carries the inline entry inside one classic script. */
export async function runFilePage(stage: Stage, version: string, read: ReadPage): Promise<Outcome> {
  const { rollup } = await import("rollup");
  const { nodeResolve } = await import("@rollup/plugin-node-resolve");
  const { writeFile } = await import("node:fs/promises");
  const bundle = await rollup({ input: join(stage.folder, "file-page.mjs"), plugins: [nodeResolve()] });
  await bundle.write({ file: join(stage.folder, "file-page.js"), format: "iife" });
  await bundle.close();
  const page = join(stage.folder, "file-page.html");
  await writeFile(page, '<!doctype html><meta charset="utf-8"><body><script src="file-page.js"></script></body>\n');
  const entry = entryFor(stage.packageFolder, "./inline", []);
  const result = resultOf(await read(pathToFileURL(page).href));
  return { ...result, version, entry, bytes: bytesLoaded(stage, entry, false) };
}

function resultOf({ title, text }: { title: string; text: string }): SuiteResult {
  if (title !== "done") throw new Error(`the page is ${title || "not finished"}: ${text}`);
  return JSON.parse(text) as SuiteResult;
}
