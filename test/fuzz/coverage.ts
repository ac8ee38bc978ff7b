import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { installPackages } from "../support/installed.ts";
import type { Target } from "./target.ts";

// Drives a target by Jazzer.js (libFuzzer), which changes the bytes of a case until they lead to code that none led to before.
// It is an optional tool: test/fuzz/package.json names it, and where it does not install or load, that is said.

const here = fileURLToPath(new URL("./", import.meta.url));
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** A case that takes longer is taken for one that never ends; what watches the coverage slows it down tenfold. */
const LONGEST_SECONDS = 100;
const BUILT = `${ROOT}build/fuzz`;
/** What the sources look for beside themselves. */
const BESIDE = ["dist", "examples", "weights", "node_modules"];

/** Why coverage cannot guide on this machine; undefined where it can. */
export function coverageMissing(): string | undefined {
  try {
    installPackages(here);
  } catch (error) {
    return `Jazzer.js could not be installed: ${(error as Error).message}`;
  }
  const { status, stderr } = spawnSync(process.execPath, ["-e", 'require("@jazzer.js/fuzzer")'], {
    cwd: here,
    encoding: "utf8",
  });
  const reason = /^\w*Error: .*$/m.exec(stderr)?.[0];
  return status === 0 ? undefined : `Jazzer.js does not load: ${reason ?? stderr.slice(0, 200)}`;
}

/** Compiles the targets and all that they import to plain JavaScript, which Jazzer.js can see through. */
export function buildForCoverage(): void {
  const compiler = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  mkdirSync(BUILT, { recursive: true });
  const configuration = {
    extends: "../../tsconfig.json",
    compilerOptions: { noEmit: false, outDir: ".", rootDir: "../..", noUnusedLocals: false },
    include: ["../../test/fuzz/coverage-target.ts", "../../src/cli/report/*.d.ts", "../../src/load/*.d.ts"],
    exclude: [],
  };
  writeFileSync(`${BUILT}/tsconfig.json`, JSON.stringify(configuration));
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-p", BUILT], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the targets do not compile: ${stdout}`);
  for (const name of BESIDE) if (!existsSync(`${BUILT}/${name}`)) symlinkSync(`${ROOT}${name}`, `${BUILT}/${name}`);
}

/** What came of a target under Jazzer.js. */
export interface Guided {
  readonly cases: number;
  /** Edges of the program that were reached. */
  readonly edges: number;
  /** What it printed, where a case failed. */
  readonly failure: string | undefined;
  /** Cases that led somewhere new, which the next run begins with. */
  readonly found: number;
}

/** Guides cases of a target by what they reach, for some seconds. */
export function tryGuided({ name, length }: Target, seconds: number, seed: number): Guided {
  const program = createRequire(`${here}package.json`).resolve("@jazzer.js/core/dist/cli.js");
  const found = `${BUILT}/found/${name}`;
  mkdirSync(found, { recursive: true });
  const kept = `${here}corpus/${name}`;
  const words = [
    program,
    `${BUILT}/test/fuzz/coverage-target.js`,
    found,
    ...(existsSync(kept) ? [kept] : []),
    ...["--includes", "build/fuzz/src/", "--includes", "node_modules/jpeg-js", "--disableBugDetectors", ".*"],
    ...["--timeout", `${1000 * LONGEST_SECONDS}`],
    ...["--", `-max_total_time=${seconds}`, `-seed=${seed}`, `-max_len=${4 * length}`, "-print_final_stats=1"],
    `-artifact_prefix=${BUILT}/`,
  ];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, FUZZ_TARGET: name, FUZZ_ROOT: ROOT },
  });
  const printed = stdout + stderr;
  const last = (pattern: RegExp): number => Number([...printed.matchAll(pattern)].at(-1)?.[1] ?? 0);
  return {
    cases: last(/^#(\d+)/gm),
    edges: last(/ cov: (\d+)/g),
    failure: status === 0 ? undefined : printed.slice(-4000),
    found: readdirSync(found).length,
  };
}
