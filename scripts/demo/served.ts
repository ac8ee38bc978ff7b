import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDemoServer } from "../../src/cli/demo-server.ts";

// The built demo on a port of this machine, for programs that look at it.

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** What is served, and how to end that. */
export interface Served {
  /** Where the page lies. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the page on any port that is free.
 *
 * @param folder where the page lies, if it is another one
 * @param options where it is to be found: under a path, as GitHub Pages has it, and on a port that was free before
 */
export async function serveDemo(
  folder = join(DIST, "demo"),
  { path = "/", port = 0 }: { path?: string; port?: number } = {},
): Promise<Served> {
  const inner = createDemoServer({ folder, module: join(DIST, "abs.wasm") });
  const server =
    path === "/"
      ? inner
      : createServer((request, response) => {
          const asked = request.url ?? "";
          if (!asked.startsWith(path)) return void response.writeHead(404).end();
          request.url = asked.slice(path.length - 1);
          inner.emit("request", request, response);
        });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
