import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDemoServer } from "../../src/cli/demo-server.ts";

// The built demo on a port of this machine, for programs that look at it.

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** @param port 0 for any that is free */
export async function serveDemo(port = 0): Promise<{ address: string; close(): Promise<void> }> {
  const server = createDemoServer({ folder: join(DIST, "demo"), module: join(DIST, "abs.wasm") });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
