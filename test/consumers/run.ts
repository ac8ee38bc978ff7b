import { parseArgs } from "node:util";
import { installedProgram, installRuntimes } from "../runtimes/stage.ts";
import { installPackages } from "../support/installed.ts";
import { packPackage, takePackage } from "../support/packed.ts";
import { checkEsbuild, checkLambda, checkVite, checkWebpack, checkWorkers, checkWrangler } from "./bundlers.ts";
import { checkFreshClone } from "./fresh-clone.ts";
import { checkNext } from "./next.ts";
import { checkJest, checkRequire } from "./node.ts";
import { checkSite, command, compile, EXPECTED, FOLDER, run, setUp, TOOLS } from "./stage.ts";

// Checks the packed package with publint, attw and size-limit, and builds programs on it as its consumers would; what is
// built is run. Packs what is committed in a fresh clone too. Names of checks may be given; otherwise all are made.
// Options:
//   --tarball FILE  checks this package, not one packed of the project as it stands

const { values: options, positionals } = parseArgs({
  options: { tarball: { type: "string" } },
  allowPositionals: true,
});

installPackages(TOOLS);
installRuntimes();
const packed = options.tarball === undefined ? packPackage(FOLDER) : takePackage(options.tarball, FOLDER);
setUp(packed);

function checkTypes(options: object, ...more: string[]): string {
  compile({ ...options, noEmit: true }, ["main.ts", "entries.ts", ...more]);
  return "types resolve";
}

/** Each returns what to print beside its name. */
const CHECKS: Record<string, () => string | Promise<string>> = {
  publint: () => {
    run(command("publint"), ["run", packed.tarball, "--strict"]);
    return "no complaint";
  },
  attw: () => {
    run(command("attw"), [packed.tarball, "--exclude-entrypoints", "./abs.wasm"]);
    return "no complaint";
  },
  "size-limit": () => {
    const sizes = JSON.parse(run(command("size-limit"), ["--json"], TOOLS)) as { name: string; size: number }[];
    return sizes.map(({ name, size }) => `${name} ${(size / 1000).toFixed(0)} kB`).join(", ");
  },
  "fresh-clone": () => checkFreshClone(run, EXPECTED),
  "typescript-node10": () => checkTypes({ module: "commonjs", moduleResolution: "node10" }),
  "typescript-node16": () => checkTypes({ module: "node16", moduleResolution: "node16" }, "types.cts"),
  "typescript-nodenext": () => checkTypes({ module: "nodenext", moduleResolution: "nodenext" }, "types.cts"),
  "typescript-bundler": () => checkTypes({ module: "esnext", moduleResolution: "bundler" }),
  require: checkRequire,
  jest: checkJest,
  frames: async () => `values of another frame, ${await checkSite(FOLDER, "realms/index.html")}`,
  "vite-5": () => checkVite(5),
  "vite-6": () => checkVite(6),
  "vite-7": () => checkVite(7),
  "vite-8": () => checkVite(8),
  webpack: checkWebpack,
  "next-webpack": () => checkNext(packed, "webpack"),
  "next-turbopack": () => checkNext(packed, "turbopack"),
  esbuild: checkEsbuild,
  lambda: checkLambda,
  workers: checkWorkers,
  wrangler: checkWrangler,
  deno: () => {
    const program = installedProgram("deno");
    if (program === undefined) return "skipped: deno is not installed for this platform";
    run(program, ["check", "--no-remote", "--node-modules-dir=manual", "entries.ts"]);
    return "types resolve";
  },
};

const unknown = positionals.find((name) => CHECKS[name] === undefined);
if (unknown !== undefined) throw new Error(`unknown check ${unknown}, wanted ${Object.keys(CHECKS).join(", ")}`);
const chosen = positionals.length > 0 ? positionals : Object.keys(CHECKS);
console.log(`${packed.files.length} files, ${packed.size} bytes packed`);
for (const name of chosen) {
  try {
    console.log(`${name}: ${await CHECKS[name]?.()}`);
  } catch (error) {
    console.log(`${name}: FAILED\n${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
