import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { installedProgram } from "../runtimes/stage.ts";
import { freePort, skipWithout } from "../support/runtimes.ts";

// The examples' services in the runtimes that they are for; service.test.ts has the details of their answers.

const root = fileURLToPath(new URL("../../", import.meta.url));
const map = readFileSync(new URL("../../examples/wasi/digits.pgm", import.meta.url)).subarray(0, 835);
const START_LIMIT = 30_000;

interface Service {
  name: string;
  runtime: string;
  program: string | undefined;
  words: (port: number) => string[];
  environment: (port: number) => Record<string, string>;
}

const SERVICES: Service[] = [
  {
    name: "cloudflare-worker",
    runtime: "workerd",
    program: installedProgram("workerd"),
    words: (port) => ["serve", "examples/cloudflare-worker/workerd.capnp", "--socket-addr", `http=127.0.0.1:${port}`],
    environment: () => ({}),
  },
  {
    name: "deno-deploy",
    runtime: "Deno",
    program: installedProgram("deno"),
    words: () => ["run", "--no-prompt", "--no-remote", "--allow-net", "examples/deno-deploy/main.js"],
    environment: (port) => ({ DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}` }),
  },
];

/** Runs a service while `use` does; fails with what it printed where it does not start. */
async function whileRunning(service: Service, use: (address: string, port: number) => Promise<void>): Promise<void> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/`;
  const environment = { ...process.env, NO_COLOR: "1", ...service.environment(port) };
  // A group of its own: the commands that npm puts in place start the program as their child.
  const running = spawn(service.program as string, service.words(port), {
    cwd: root,
    env: environment,
    detached: true,
  });
  let printed = "";
  for (const stream of [running.stdout, running.stderr]) {
    stream.on("data", (piece) => {
      printed += piece;
    });
  }
  const ended = once(running, "exit");
  try {
    const end = Date.now() + START_LIMIT;
    while (!(await fetch(address).catch(() => undefined))?.ok) {
      if (Date.now() > end || running.exitCode !== null) throw new Error(`${service.name} does not start: ${printed}`);
      await wait(50);
    }
    await use(address, port);
  } finally {
    if (running.exitCode === null) process.kill(-(running.pid as number), "SIGKILL");
    await ended;
  }
}

const post = (address: string, body: BodyInit, type: string) =>
  fetch(address, { method: "POST", body, headers: { "content-type": type }, duplex: "half" } as RequestInit);

/** Sends a body of chunks without a length until the service answers, and gives the answer's first line. */
function postWithoutEnd(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const chunk = `4000\r\n${"\0".repeat(0x4000)}\r\n`;
    socket.once("data", (answer) => {
      resolve(String(answer).split("\r\n", 1)[0] as string);
      socket.destroy();
    });
    socket.on("error", reject);
    socket.write(
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    // Twice the limit, and no last chunk.
    for (let sent = 0; sent < 8; ++sent) socket.write(chunk);
  });
}

describe.each(SERVICES)("examples/$name", (service) => {
  it("answers as the library does, refuses what is bad and goes on", async ({ skip }) => {
    skipWithout(service.runtime, service.program, skip);
    const abs = await createClassifier();
    const { label, name, confidence, rejected, probabilities } = abs.classify(new Uint8Array(map.subarray(-784)));
    const wanted = { label, name, confidence, rejected, probabilities: [...probabilities] };
    await whileRunning(service, async (address, port) => {
      const good = () => post(address, map, "image/x-portable-graymap").then((response) => response.json());
      // All of them make the classifier, which is not there yet.
      for (const answer of await Promise.all([good(), good(), good()])) expect(answer).toEqual(wanted);

      const bad = await post(address, new Uint8Array(5), "application/octet-stream");
      expect([bad.status, await bad.json()]).toEqual([400, { error: "got 5 bytes, wanted 784 (28×28)" }]);
      expect((await post(address, "{", "text/plain")).status).toBe(415);
      expect((await post(address, new Uint8Array(70_000), "application/octet-stream")).status).toBe(413);
      expect(await postWithoutEnd(port)).toBe("HTTP/1.1 413 Payload Too Large");
      expect((await fetch(address, { method: "PUT", body: "x" })).status).toBe(405);
      expect(await good()).toEqual(wanted);
    });
  });
});
