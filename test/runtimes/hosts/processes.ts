import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bytesLoaded, entryOf, installedFile, installedProgram, installedRelease, type Stage } from "../stage.ts";
import type { SuiteResult } from "../suite.mjs";
import type { Host, Outcome } from "./host.ts";

// Runtimes that are a command: they run program.mjs, find the package by its name, and choose among its entries
// themselves.

const run = promisify(execFile);
/** Interpreters and emulators take their time. */
const LIMIT = { timeout: 1_200_000, maxBuffer: 2 ** 24 };

/**
 * @param find the program, or undefined where it is not installed
 * @param flags what stands before the file
 * @param options `variables` of the environment, beside this process's own; what stands `before` all else, where the program
 *   found only starts another
 */
export function processHost(
  name: string,
  find: () => string | undefined,
  flags: readonly string[],
  importName: string,
  { variables = {}, before = [] }: { variables?: Readonly<Record<string, string>>; before?: readonly string[] } = {},
): Host {
  return {
    name,
    missing: () => (find() === undefined ? `${name} is not installed for this platform` : undefined),
    async run(stage: Stage): Promise<Outcome> {
      const program = find() as string;
      const { stdout } = await run(program, [...before, ...flags, "program.mjs", importName], {
        cwd: stage.folder,
        env: { ...process.env, ...variables },
        ...LIMIT,
      });
      const result = JSON.parse(stdout) as SuiteResult & { entry: string };
      const version = (await run(program, [...before, "--version"], LIMIT)).stdout.match(
        /\d+\.\d+\.\d+/,
      )?.[0] as string;
      const entry = entryOf(stage, result.entry);
      return { ...result, version, entry, bytes: bytesLoaded(stage, entry, !entry.includes("inline")) };
    },
  };
}

export const PACKAGE = "analysis-by-synthesis";
export const node = () => process.execPath;

export const nodeHost = processHost("Node", node, [], PACKAGE);
// npm has other releases of Node for Linux.
export const node22Host = processHost("Node 22", () => installedRelease(22), [], PACKAGE);
export const node24Host = processHost("Node 24", () => installedRelease(24), [], PACKAGE);
export const nodeInlineHost = processHost("Node, /inline", node, [], `${PACKAGE}/inline`);
export const nodeModuleHost = processHost("Node, /module", node, [], `${PACKAGE}/module`);
// The command that the package puts in place runs only after its install script; the program itself is there before.
const BUN_SYSTEMS: Partial<Record<NodeJS.Platform, string>> = { linux: "linux", darwin: "darwin", win32: "windows" };
const BUN_PROCESSORS: Partial<Record<NodeJS.Architecture, string>> = { x64: "x64", arm64: "aarch64" };

export function findBun(): string | undefined {
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
