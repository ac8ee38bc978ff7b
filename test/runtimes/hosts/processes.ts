import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bytesLoaded, entryOf, installedFile, installedProgram, installedRelease, type Stage } from "../stage.ts";
import type { SuiteResult } from "../suite.mjs";
import type { Host, Outcome } from "./host.ts";

// Runtimes that are a command: they run program.mjs, find the package by its name, and choose among its entries
// themselves.

const run = promisify(execFile);
const LIMIT = { timeout: 300_000, maxBuffer: 2 ** 24 };

function processHost(name: string, find: () => string | undefined, flags: string[], importName: string): Host {
  return {
    name,
    missing: () => (find() === undefined ? `${name} is not installed for this platform` : undefined),
    async run(stage: Stage): Promise<Outcome> {
      const program = find() as string;
      const { stdout } = await run(program, [...flags, "program.mjs", importName], { cwd: stage.folder, ...LIMIT });
      const result = JSON.parse(stdout) as SuiteResult & { entry: string };
      const version = (await run(program, ["--version"], LIMIT)).stdout.match(/\d+\.\d+\.\d+/)?.[0] as string;
      const entry = entryOf(stage, result.entry);
      return { ...result, version, entry, bytes: bytesLoaded(stage, entry, !entry.includes("inline")) };
    },
  };
}

const PACKAGE = "analysis-by-synthesis";
const node = () => process.execPath;

export const nodeHost = processHost("Node", node, [], PACKAGE);
// npm has other releases of Node for Linux.
export const node22Host = processHost("Node 22", () => installedRelease(22), [], PACKAGE);
export const node24Host = processHost("Node 24", () => installedRelease(24), [], PACKAGE);
export const nodeInlineHost = processHost("Node, /inline", node, [], `${PACKAGE}/inline`);
export const nodeModuleHost = processHost("Node, /module", node, [], `${PACKAGE}/module`);
// The command that the package puts in place runs only after its install script; the program itself is there before.
const BUN_SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "darwin", win32: "windows" };
const BUN_PROCESSORS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x64", arm64: "aarch64" };

function findBun(): string | undefined {
  const platform = `bun-${BUN_SYSTEMS[process.platform]}-${BUN_PROCESSORS[process.arch]}`;
  return installedFile(`@oven/${platform}/bin/bun${process.platform === "win32" ? ".exe" : ""}`);
}

export const bunHost = processHost("Bun", findBun, [], PACKAGE);
// No permission is given, and none can be asked for.
export const denoHost = processHost(
  "Deno",
  () => installedProgram("deno"),
  ["run", "--no-prompt", "--no-remote", "--node-modules-dir=manual"],
  PACKAGE,
);
