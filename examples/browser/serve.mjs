// Serves the page, the library and the module, and nothing else, to this machine. Any other server of files would do.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

const PAGE = "/examples/browser/";
const root = new URL("../../", import.meta.url);
const HTML = "text/html; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
/** All that there is, with its type: a path that is not listed leads nowhere. */
const FILES = {
  [PAGE]: ["examples/browser/index.html", HTML],
  [`${PAGE}page.js`]: ["examples/browser/page.js", SCRIPT],
  [`${PAGE}style.css`]: ["examples/browser/style.css", "text/css; charset=utf-8"],
  [`${PAGE}icon.svg`]: ["examples/browser/icon.svg", "image/svg+xml"],
  "/dist/library/browser.js": ["dist/library/browser.js", SCRIPT],
  "/dist/library/shared.js": ["dist/library/shared.js", SCRIPT],
  "/dist/library/reading.js": ["dist/library/reading.js", SCRIPT],
  "/dist/abs.wasm": ["dist/abs.wasm", "application/wasm"],
};

const { values: options } = parseArgs({ options: { port: { type: "string", default: "8080" } } });

const server = createServer(async (request, response) => {
  const path = request.url.split("?", 1)[0];
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, { allow: "GET, HEAD" });
  if (path === "/" || path === `${PAGE}index.html`) return refuse(response, 302, { location: PAGE });
  if (!Object.hasOwn(FILES, path)) return refuse(response, 404);
  const [file, type] = FILES[path];
  try {
    const content = await readFile(new URL(file, root));
    response.writeHead(200, {
      "content-type": type,
      "content-length": content.length,
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : content);
  } catch (error) {
    console.error(`${file}: ${error.message} (npm run build makes what lies in dist/)`);
    refuse(response, 500);
  }
});

function refuse(response, status, headers = {}) {
  response.writeHead(status, headers).end();
}

if (!/^\d{1,5}$/.test(options.port) || Number(options.port) > 65_535) {
  console.error(`--port: got ${options.port}, wanted a number from 0 to 65535`);
  process.exitCode = 1;
} else {
  server.on("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  server.listen(Number(options.port), "127.0.0.1", () => {
    console.log(`http://127.0.0.1:${server.address().port}${PAGE}`);
  });
}
