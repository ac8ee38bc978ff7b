import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Classification } from "../../src/results.ts";

const HOST = fileURLToPath(new URL("wasi-host.mjs", import.meta.url));

/** What the WASI command printed and returned. */
export interface Outcome {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Bytes of the module's memory in the end. */
  memoryBytes: number;
}

/** Runs the WASI command under node:wasi in a process of its own, with `input` on its standard input. */
export function runCommand(words: readonly string[], input: Uint8Array | string): Outcome {
  const { status, output } = spawnSync(process.execPath, ["--no-warnings", HOST, ...words], {
    input,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  return {
    exitCode: status,
    stdout: output[1] ?? "",
    stderr: output[2] ?? "",
    memoryBytes: Number(output[3]),
  };
}

/** Starts the command and leaves its streams to the caller. */
export function startCommand(words: readonly string[]): ChildProcess {
  return spawn(process.execPath, ["--no-warnings", HOST, ...words], { stdio: ["pipe", "pipe", "pipe", "pipe"] });
}

/** A library's result as a line of the command reads. */
export function asLine(frame: number, { losses, probabilities, ...rest }: Classification): Record<string, unknown> {
  return { frame, ...rest, losses: [...losses], probabilities: [...probabilities] };
}

/** The documents of lines of JSON. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** A 28×28 PGM of the values given. */
export function portableMap(kind: "P2" | "P5", values: Uint8Array, maximum = 255, comment = ""): Uint8Array {
  const header = Buffer.from(`${kind}\n${comment}28 28\n${maximum}\n`, "latin1");
  const pixels = kind === "P5" ? values : Buffer.from(`${rows(values).join("\n")}\n`, "latin1");
  return Buffer.concat([header, pixels]);
}

function rows(values: Uint8Array): string[] {
  return Array.from({ length: 28 }, (_, row) => values.subarray(28 * row, 28 * (row + 1)).join(" "));
}
