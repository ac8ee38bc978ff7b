import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { installedProgram } from "../runtimes/stage.ts";
import { freePort } from "./runtimes.ts";

/** The repository, from which services are started. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Milliseconds in which a service has to start. */
const START_LIMIT = 30_000;

/** An example's service in one of the runtimes that it is for. */
export interface Service {
  name: string;
  runtime: string;
  program: string | undefined;
  words: (port: number) => string[];
  environment: (port: number) => Record<string, string>;
}

export const SERVICES: Service[] = [
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
    words: () => [
      "run",
      "--no-prompt",
      "--no-remote",
      "--allow-net",
      "--allow-env=HOST,PORT,ALLOWED_ORIGINS",
      "examples/deno-deploy/main.js",
    ],
    environment: (port) => ({ PORT: `${port}` }),
  },
  {
    name: "deno-deploy",
    runtime: "Node",
    program: process.execPath,
    words: () => ["examples/deno-deploy/main.js"],
    environment: (port) => ({ PORT: `${port}` }),
  },
];

/** A service that runs. */
export interface Running {
  address: string;
  port: number;
  /** Of the process that was started, which is the group of all that it starts. */
  pid: number;
  /** What it has printed so far. */
  printed: () => string;
  /** Sends a signal, and waits for the end of what was started. */
  stop: (signal: NodeJS.Signals) => Promise<void>;
}

/** Runs a service while `use` does; fails with what it printed where it does not start. */
export async function whileRunning(
  service: Service,
  use: (running: Running) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}/`;
  const environment = { ...process.env, NO_COLOR: "1", ...service.environment(port), ...settings };
  // A group of its own: the commands that npm puts in place start the program as their child.
  const running = spawn(service.program as string, service.words(port), {
    cwd: ROOT,
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
  const kill = (signal: NodeJS.Signals) => {
    try {
      process.kill(-(running.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  };
  try {
    const end = Date.now() + START_LIMIT;
    while (!(await ask(address).catch(() => undefined))?.ok) {
      if (Date.now() > end || running.exitCode !== null) throw new Error(`${service.name} does not start: ${printed}`);
      await wait(50);
    }
    const stop = async (signal: NodeJS.Signals) => {
      kill(signal);
      await ended;
    };
    await use({ address, port, pid: running.pid as number, printed: () => printed, stop });
  } finally {
    kill("SIGKILL");
    await ended;
  }
}

/**
 * Asks a service over a connection of its own. Services close what has been idle for seconds, which a process that is busy
 * with another test learns only after it has sent the next request; fetch does not send that again.
 */
export const ask = (
  address: string,
  init: Omit<RequestInit, "headers"> & { headers?: Record<string, string>; duplex?: "half" } = {},
) => fetch(address, { ...init, headers: { ...init.headers, connection: "close" } });

export const post = (address: string, body: BodyInit, type: string) =>
  ask(address, { method: "POST", body, headers: { "content-type": type }, duplex: "half" });
