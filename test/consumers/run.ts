import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { whileServing } from "../runtimes/hosts/pages.ts";
import { chromiumMissing, readInChromium } from "../runtimes/hosts/puppeteer.ts";
import { installedProgram, installRuntimes } from "../runtimes/stage.ts";
import { installPackages } from "../support/installed.ts";
import { installPacked, packPackage, takePackage } from "../support/packed.ts";
import { checkFreshClone } from "./fresh-clone.ts";

// Checks the packed package with publint, attw and size-limit, and builds programs on it as its consumers would; what is
// built is run. Packs what is committed in a fresh clone too. Names of checks may be given; otherwise all are made.
// Options:
//   --tarball FILE  checks this package, not one packed of the project as it stands

const here = fileURLToPath(new URL("./", import.meta.url));
const folder = fileURLToPath(new URL("../../build/consumers/", import.meta.url));
const typescript = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
const EXPECTED = "label 7";
const PAGE = '<!doctype html><meta charset="utf-8"><body><script type="module" src="/main.ts"></script></body>\n';

const { values: options, positionals } = parseArgs({
  options: { tarball: { type: "string" } },
  allowPositionals: true,
});

installPackages(here);
installRuntimes();
const packed = options.tarball === undefined ? packPackage(folder) : takePackage(options.tarball, folder);
installPacked(packed, folder);
cpSync(join(here, "programs"), folder, { recursive: true });
writeFileSync(
  join(folder, "package.json"),
  JSON.stringify({ private: true, type: "module", dependencies: { "analysis-by-synthesis": "*" } }),
);

/** Runs a program. @throws {Error} with what it printed, when it fails */
function run(program: string, parameters: string[], cwd = folder): string {
  try {
    return execFileSync(program, parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${parameters.join(" ")}\n${stdout ?? ""}${stderr ?? ""}`);
  }
}

const command = (name: string): string => join(here, "node_modules", ".bin", name);

/** Runs the compiler with no types but the package's and the browser's. */
function compile(options: object, files: string[]): void {
  const compilerOptions = { strict: true, target: "es2022", lib: ["es2023", "dom"], types: [], ...options };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  run(process.execPath, [typescript, "-p", "tsconfig.json"]);
}

function checkTypes(options: object): string {
  compile({ ...options, noEmit: true }, ["main.ts", "entries.ts"]);
  return "types resolve";
}

/** Opens a built page in Chromium, under the policy that allows WebAssembly and nothing else. */
async function checkPage(site: string): Promise<string> {
  const modules = readdirSync(site, { recursive: true }).filter((name) => String(name).endsWith(".wasm"));
  if (modules.length !== 1) throw new Error(`wanted one module beside the build, got ${modules.length}`);
  const missing = chromiumMissing();
  if (missing !== undefined) return `built; not run: ${missing}`;
  const { title, text } = await whileServing(site, (address) => readInChromium(`${address}/index.html`));
  if (title !== "done" || text.trim() !== EXPECTED) throw new Error(`the page is ${title}: ${text}`);
  return "built, and run in Chromium";
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
    const sizes = JSON.parse(run(command("size-limit"), ["--json"], here)) as { name: string; size: number }[];
    return sizes.map(({ name, size }) => `${name} ${(size / 1000).toFixed(0)} kB`).join(", ");
  },
  "fresh-clone": () => checkFreshClone(run, EXPECTED),
  "typescript-nodenext": () => checkTypes({ module: "nodenext", moduleResolution: "nodenext" }),
  "typescript-bundler": () => checkTypes({ module: "esnext", moduleResolution: "bundler" }),
  vite: async () => {
    const { build } = await import("vite");
    writeFileSync(join(folder, "index.html"), PAGE);
    const site = join(folder, "vite");
    await build({ root: folder, configFile: false, logLevel: "error", build: { outDir: site, emptyOutDir: true } });
    return await checkPage(site);
  },
  webpack: async () => {
    const site = join(folder, "webpack");
    mkdirSync(site, { recursive: true });
    compile({ module: "esnext", moduleResolution: "bundler", outDir: "compiled" }, ["main.ts"]);
    const { default: webpack } = await import("webpack");
    const problems = await new Promise<string>((resolve, reject) => {
      webpack(
        {
          mode: "production",
          context: folder,
          entry: "./compiled/main.js",
          output: { path: site, filename: "main.js" },
          performance: false,
        },
        (error, stats) => {
          if (error) reject(error);
          else resolve(stats?.hasErrors() || stats?.hasWarnings() ? stats.toString() : "");
        },
      );
    });
    if (problems !== "") throw new Error(problems);
    writeFileSync(join(site, "index.html"), PAGE.replace("/main.ts", "/main.js"));
    return await checkPage(site);
  },
  esbuild: () => {
    run(command("esbuild"), [
      "inline.mjs",
      "--bundle",
      "--format=esm",
      "--outfile=esbuild/inline.mjs",
      "--log-level=error",
    ]);
    const printed = run(process.execPath, ["esbuild/inline.mjs"]).trim();
    if (printed !== EXPECTED) throw new Error(`printed ${printed}`);
    return "built, and run in Node";
  },
  workers: () => {
    // As wrangler bundles: esbuild, under the conditions of Workers, with the module left a file.
    const flags = ["--bundle", "--format=esm", "--conditions=workerd,worker,browser", "--loader:.wasm=copy"];
    const names = ["--asset-names=abs", "--outdir=workers", "--log-level=error", "--out-extension:.js=.mjs"];
    run(command("esbuild"), ["worker.mjs", ...flags, ...names]);
    const program = installedProgram("workerd");
    if (program === undefined) return "built; not run: workerd is not installed for this platform";
    const printed = run(program, ["test", "worker.capnp"]).trim();
    if (printed !== EXPECTED) throw new Error(`printed ${printed}`);
    return "built, and run in workerd";
  },
  wrangler: () => {
    // It wants a newer Node than this project does.
    const node = join(here, "node_modules", "node-24", "bin", "node");
    if (!existsSync(node)) return "skipped: Node 24 is not installed for this platform";
    const configuration = { name: "abs", main: "worker.mjs", compatibility_date: "2026-07-01" };
    writeFileSync(join(folder, "wrangler.json"), JSON.stringify(configuration));
    const wrangler = join(here, "node_modules", "wrangler", "bin", "wrangler.js");
    const printed = run(node, [wrangler, "deploy", "--dry-run", "--outdir", "wrangler"]);
    const [, size] = /Total Upload: .*?gzip: ([0-9.]+ [A-Za-z]+)/.exec(printed) ?? [];
    if (size === undefined) throw new Error(printed);
    return `bundled without uploading, ${size} with gzip`;
  },
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
