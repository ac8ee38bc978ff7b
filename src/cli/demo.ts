import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf } from "../files/file-error.ts";
import { type Command, type Invocation, JSON_OPTION, UsageError } from "./command.ts";
import { createDemoServer } from "./demo-server.ts";
import { DONE, type Environment, printJson, printLines } from "./environment.ts";

const DEFAULT_PORT = 8080;
const LARGEST_PORT = 65_535;
const DEFAULT_HOST = "127.0.0.1";

/** `abs demo`: serves the page on which the classifier can be tried. */
export const demoCommand: Command = {
  name: "demo",
  usage: "",
  summary: "serve a page to draw on, to attack the classifier, and to see it beside two CNNs",
  positionals: { least: 0, most: 0 },
  options: {
    ...JSON_OPTION,
    port: { value: "N", description: `listen on this port, 0 for any that is free (default: ${DEFAULT_PORT})` },
    host: { value: "NAME", description: `listen on this address; 0.0.0.0 for all (default: ${DEFAULT_HOST})` },
  },
  examples: ["abs demo", "abs demo --host 0.0.0.0 --port 3000"],
  run: serveDemo,
};

async function serveDemo(invocation: Invocation, environment: Environment): Promise<number> {
  const port = invocation.wholeNumber("port", DEFAULT_PORT);
  if (port > LARGEST_PORT) throw new UsageError(`--port wants at most ${LARGEST_PORT}, got ${port}`);
  const host = invocation.text("host") ?? DEFAULT_HOST;
  if (host === "") throw new UsageError("--host wants a name or an address, got nothing");
  const server = createDemoServer(environment.demo);
  const { signal, stop } = environment.listenForSignals();
  try {
    await listen(server, port, host);
    const address = addressOf(server);
    if (invocation.flag("json")) printJson(environment, { address });
    else printLines(environment, [address, "Ctrl-C ends it."]);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    stop();
    server.close();
    server.closeAllConnections();
  }
  return DONE;
}

/** Why a server cannot listen, by Node's codes. */
const TROUBLES: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there; --port 0 takes any port that is free",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "that is not allowed; ports from 1024 on are",
  ENOTFOUND: "there is no such host",
};

/** @throws {Error} that says what keeps the server from listening */
async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const trouble = TROUBLES[(error as NodeJS.ErrnoException).code ?? ""] ?? messageOf(error);
    throw new Error(`cannot listen on ${host}, port ${port}: ${trouble}`, { cause: error });
  }
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}/`;
}
