import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDemoServer } from "../../src/cli/demo-server.ts";

// The built demo on a port of this machine, for programs that look at it.

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

/** On any port that is free. @param folder where the page lies, if it is another one */
export async function serveDemo(folder = join(DIST, "demo")): Promise<{ address: string; close(): Promise<void> }> {
  const server = createDemoServer({ folder, module: join(DIST, "abs.wasm") });
  server.listen(0, "127.0.0.1");
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
