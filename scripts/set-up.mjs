// What `npm start` and `npm test` run first: installs the dependencies and builds the package where either is missing
// or older than what it is made from. `npm pack` and `npm publish` run it with --rebuild, which builds in any case. Needs
// nothing but Node and npm.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = [
  "src",
  "assembly",
  "scripts",
  "weights",
  "package.json",
  "asconfig.json",
  "asconfig.wasi.json",
  "tsconfig.json",
  "rollup.config.mjs",
];
/** Written by the build itself. */
const GENERATED = [join("assembly", "frozen.ts"), join("assembly", "wasi", "frozen.ts")];
const PRODUCTS = [
  "dist/abs.wasm",
  "dist/abs.wasi.wasm",
  "dist/library/index.js",
  "dist/library/inline.js",
  "dist/library/cli.js",
  "dist/library/worker.js",
  "dist/library/index.d.ts",
];

function run(script) {
  console.error(`> npm ${script.join(" ")}`);
  execFileSync("npm", script, {
    cwd: root,
    // `npm pack --dry-run` must not make the installation a dry run.
    env: { ...process.env, npm_config_dry_run: "false" },
    // Standard output belongs to the command that this was run for: `npm pack` prints the tarball's name there.
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
}

function changedAt(path) {
  const full = join(root, path);
  if (!existsSync(full)) return Number.NEGATIVE_INFINITY;
  const status = statSync(full);
  if (!status.isDirectory()) return GENERATED.includes(path) ? Number.NEGATIVE_INFINITY : status.mtimeMs;
  return Math.max(Number.NEGATIVE_INFINITY, ...readdirSync(full).map((entry) => changedAt(join(path, entry))));
}

// Not `npm ci`: the lockfile lists only the platforms whose builds the registry had when it was written, and `npm ci`
// refuses it for the missing ones (npm/cli issue 9846). `--no-save` installs what it pins and leaves it untouched.
if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
  run(["install", "--no-save", "--no-audit", "--no-fund"]);
}
if (process.argv.includes("--rebuild") || Math.min(...PRODUCTS.map(changedAt)) < Math.max(...SOURCES.map(changedAt))) {
  run(["run", "build"]);
}
