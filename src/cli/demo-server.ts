import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { filesIn } from "../files/files-in.ts";

// Serves the built demo: the files of one folder, listed once, and the module, which the package holds in another place.

const TYPES: Readonly<Record<string, string>> = {
  ".bin": "application/octet-stream",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const INDEX = "/index.html";
/** The module under the name that the build gave it, which changes with its content. */
const MODULE = /^\/assets\/abs-[\w-]+\.wasm$/;
/** Names that change with their content may be kept for good. */
const UNCHANGING = "public, max-age=31536000, immutable";
const LIMITS = { headersTimeout: 10_000, requestTimeout: 15_000, maxHeaderSize: 16_384 };

/** What the server gives. */
export interface DemoFiles {
  /** Where the build has put the page. */
  readonly folder: string;
  /** Where the module lies that the page has under a name of its own. */
  readonly module: string;
}

/**
 * A server of the demo, not yet listening. A path that no file of the folder has leads nowhere, whatever is written in it.
 *
 * @throws {Error} when the folder has no page
 */
export function createDemoServer({ folder, module }: DemoFiles): Server {
  const files = placesIn(folder);
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, { allow: "GET, HEAD" });
    const asked = (request.url ?? "").split("?", 1)[0] as string;
    const path = asked === "/" ? INDEX : asked;
    const file = files.get(path) ?? (MODULE.test(path) ? module : undefined);
    if (file === undefined) return refuse(response, 404);
    const content = await readFile(file);
    const tag = `"${createHash("sha256").update(content).digest("base64url")}"`;
    const headers = {
      "cache-control": path.startsWith("/assets/") ? UNCHANGING : "no-cache",
      etag: tag,
      "x-content-type-options": "nosniff",
    };
    if (request.headers["if-none-match"] === tag) return refuse(response, 304, headers);
    response.writeHead(200, {
      ...headers,
      "content-type": TYPES[extname(path)] ?? "application/octet-stream",
      "content-length": content.length,
    });
    response.end(request.method === "HEAD" ? undefined : content);
  };
  return createServer(LIMITS, (request, response) => {
    respond(request, response).catch(() => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  });
}

/** By path, where each file lies. */
function placesIn(folder: string): Map<string, string> {
  let names: string[] = [];
  try {
    names = filesIn(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const files = new Map(names.map((name) => [`/${name}`, join(folder, name)]));
  if (!files.has(INDEX)) throw new Error(`${folder}: has no index.html; \`npm run build\` makes it in a checkout`);
  return files;
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end();
}
