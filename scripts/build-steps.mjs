// The steps of the build, each with what it reads and what it makes, and the running of those that are out of date.
// Needs nothing but Node and npm, because scripts/set-up.mjs runs it on a fresh clone.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What the step `freeze` writes among the compiler's sources. */
const FROZEN = ["assembly/frozen.ts", "assembly/wasi/frozen.ts"];

/**
 * By name, in the order in which they depend on each other. `script` is the one of package.json that does the work;
 * `products` are what it makes, of which the first is enough to tell when.
 */
const STEPS = {
  freeze: {
    script: "freeze",
    sources: () => [...importsOf("scripts/freeze.ts"), "weights", "package.json"],
    // Not the frozen sources: those keep their time while they stay the same, so that nothing is compiled again.
    products: ["build/frozen", ...FROZEN],
  },
  module: {
    script: "compile",
    sources: () => [...importsOf("assembly/index.ts"), "asconfig.json"],
    products: ["dist/abs.wasm", "dist/abs.d.ts"],
  },
  text: {
    script: "compile:text",
    sources: () => [...importsOf("assembly/index.ts"), "asconfig.json"],
    products: ["build/abs.wat", "build/abs.named.wasm"],
  },
  lanes: {
    script: "compile:lanes",
    sources: () => [...importsOf("test/assembly/lanes.ts"), "asconfig.json"],
    products: ["build/lanes.wasm"],
  },
  debug: {
    script: "compile:debug",
    sources: () => [...importsOf("assembly/debug/index.ts"), "asconfig.json", "scripts/check-memory.mjs"],
    products: ["build/abs.debug.wasm"],
  },
  library: {
    script: "build:library",
    sources: () => [
      "src",
      "format",
      "dist/abs.wasm",
      "rollup.config.mjs",
      "tsconfig.json",
      "package.json",
      "package-lock.json",
      "scripts/licenses.mjs",
      "scripts/bill-of-materials.mjs",
    ],
    products: [
      ...["index.js", "inline.js", "cli.js", "worker.js", "index.d.ts"].map((name) => `dist/library/${name}`),
      "dist/abs.cdx.json",
    ],
  },
  uploads: {
    script: "build:uploads",
    sources: () => [...importsOf("src/uploads/read-upload.ts"), "rollup.examples.config.mjs", "tsconfig.json"],
    products: ["dist/examples/uploads.js"],
  },
  wasi: {
    script: "build:wasi",
    sources: () => [...importsOf("assembly/wasi/command.ts"), "asconfig.wasi.json"],
    products: ["dist/abs.wasi.wasm"],
  },
  demo: {
    script: "build:demo",
    sources: () => [
      ...importsOf("scripts/demo/plugin.ts"),
      ...importsOf("examples/demo/worker/models.ts"),
      "examples/demo",
      "bench/baselines",
      "dist/library/browser.js",
      "dist/library/attacks.js",
      "dist/library/certify.js",
      "dist/abs.wasm",
    ],
    products: ["dist/demo/index.html"],
  },
};

/** The steps that make what is published and what the hosts and the examples run. */
export const ALL = ["freeze", "module", "library", "uploads", "wasi", "demo"];

/** When a file or the newest one in a folder was changed; never where it does not exist. */
export function changedAt(path) {
  const full = join(root, path);
  if (!existsSync(full)) return Number.NEGATIVE_INFINITY;
  const status = statSync(full);
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(Number.NEGATIVE_INFINITY, ...readdirSync(full).map((entry) => changedAt(join(path, entry))));
}

/**
 * A source and all that it imports from this repository, directly or not, relative to the project's folder; with the
 * extension as TypeScript's imports have it or without as AssemblyScript's have it.
 */
export function importsOf(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(join(root, file))) return seen;
  seen.add(file);
  for (const [, path] of readFileSync(join(root, file), "utf8").matchAll(/ from "(\.[^"]+)"/g)) {
    const imported = join(dirname(file), path);
    importsOf(imported.endsWith(".ts") ? imported : `${imported}.ts`, seen);
  }
  return seen;
}

function isStale({ sources, products }) {
  const [first] = products;
  return (
    products.some((product) => !existsSync(join(root, product))) ||
    changedAt(first) < Math.max(...[...sources()].map(changedAt))
  );
}

/** Runs npm in the project's folder, with its output on standard error. @throws {Error} when it fails */
export function runNpm(words) {
  console.error(`> npm ${words.join(" ")}`);
  execFileSync("npm", words, {
    cwd: root,
    // `npm pack --dry-run` must not make the installation a dry run.
    env: { ...process.env, npm_config_dry_run: "false" },
    // Standard output belongs to the command that this was run for: `npm pack` prints the tarball's name there.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
}

/**
 * Runs those of the named steps that are older than what they read; returns the names of those that ran.
 *
 * @throws {Error} when one fails, after the compiler has said why. Its first product is gone then, so that nothing runs on
 * an old one.
 */
export function bringUpToDate(names) {
  return Object.keys(STEPS).filter((name) => {
    const step = STEPS[name];
    if (!names.includes(name) || !isStale(step)) return false;
    const [first] = step.products;
    const startedAt = new Date();
    rmSync(join(root, first), { force: true });
    runNpm(["run", "--silent", step.script]);
    // What was edited while the step ran is newer than its product in this way.
    utimesSync(join(root, first), startedAt, startedAt);
    return true;
  });
}
