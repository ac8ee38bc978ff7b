#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClassifier } from "../entries/node.ts";
import { fileFailure } from "../files/file-failure.ts";
import { packagedModule } from "../load/node.ts";
import { ATTACK_METHODS } from "./attack/methods.ts";
import { DONE, FAILED } from "./environment.ts";
import { runProgram } from "./program.ts";
import { ThreadPool } from "./thread-pool.ts";

/** The built worker.ts. The same path leads to it from src/cli and from dist/library, where the build puts this code. */
const WORKER = fileURLToPath(new URL("../../dist/library/worker.js", import.meta.url));

/** The built demo and the module that it loads, in the same way. */
const DEMO = {
  folder: fileURLToPath(new URL("../../dist/demo", import.meta.url)),
  module: fileURLToPath(new URL("../../dist/abs.wasm", import.meta.url)),
};

/** The version in the nearest package.json above this file, wherever the build has put it. */
function packageVersion(): string {
  for (const above of ["../package.json", "../../package.json"]) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(above, import.meta.url), "utf8")) as { version: string };
      return version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return "unknown";
}

/** The signals on which a command may finish what it writes: Ctrl-C, and what ends a container. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function listenForSignals(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const end = (signal: NodeJS.Signals): void => {
    stop();
    controller.abort(signal);
  };
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, end);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return { signal: controller.signal, stop };
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The packaged module, compiled once for all threads. */
function compiledModule(): Promise<WebAssembly.Module> {
  compiled ??= packagedModule().then((bytes) => WebAssembly.compile(bytes));
  return compiled;
}

// `abs … | head` closes the pipe early; that is no failure of ours. A full disk is one.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(DONE);
  process.stderr.write(`abs: ${fileFailure("standard output", "written", error).message}\n`);
  process.exit(FAILED);
});
// Whoever does not hear of errors and progress still gets the results and the exit code.
process.stderr.on("error", () => undefined);

// The exit code is set rather than exited with, so that what is still on its way to a pipe arrives.
process.exitCode = await runProgram(process.argv.slice(2), {
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout,
  stderr: process.stderr,
  variables: process.env,
  version: packageVersion(),
  createClassifier: async (options) => createClassifier({ ...options, module: await compiledModule() }),
  createThreads: async (threads, settings, onProgress) =>
    new ThreadPool(WORKER, threads, { ...settings, module: await compiledModule() }, onProgress),
  attacks: ATTACK_METHODS,
  demo: DEMO,
  listenForSignals,
});
