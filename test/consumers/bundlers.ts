import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installedProgram } from "../runtimes/stage.ts";
import { installPackages } from "../support/installed.ts";
import { checkFound, checkPage, checkSite, command, compile, FOLDER, run, TOOLS } from "./stage.ts";

// What bundlers make of the package, and what becomes of that where it is to run.

const PAGE = '<!doctype html><meta charset="utf-8"><body><script type="module" src="/main.ts"></script></body>\n';
/** Folder of the releases of Vite. */
const VITES = join(TOOLS, "vite");

/** What is used of Vite, the same in all its releases. */
interface Vite {
  build(options: object): Promise<unknown>;
  createServer(options: object): Promise<{
    listen(): Promise<unknown>;
    close(): Promise<void>;
    resolvedUrls: { local: string[] } | null;
  }>;
}

/** @throws {Error} unless exactly one module lies in the folder */
function checkModuleBeside(site: string): void {
  const modules = readdirSync(site, { recursive: true }).filter((name) => String(name).endsWith(".wasm"));
  if (modules.length !== 1) throw new Error(`wanted one module beside the build, got ${modules.length}`);
}

/** Builds with a release of Vite, and has its server serve the program as it is, without any option of ours. */
export async function checkVite(major: number): Promise<string> {
  installPackages(VITES);
  const entry = join(VITES, "node_modules", `vite-${major}`, "dist/node/index.js");
  const { build, createServer } = (await import(pathToFileURL(entry).href)) as Vite;
  writeFileSync(join(FOLDER, "index.html"), PAGE);
  const site = join(FOLDER, `vite-${major}`);
  const options = { root: FOLDER, configFile: false, logLevel: "error", cacheDir: join(FOLDER, `.vite-${major}`) };
  forgetMode();
  await build({ ...options, build: { outDir: site, emptyOutDir: true } });
  checkModuleBeside(site);
  const built = await checkSite(site);
  forgetMode();
  const server = await createServer({ ...options, server: { port: 0, host: "127.0.0.1" } });
  try {
    await server.listen();
    return `built, and ${built}; served, and ${await checkPage(server.resolvedUrls?.local[0] as string)}`;
  } finally {
    await server.close();
  }
}

/** Vite leaves there what it last did, and takes that for what is wanted next. */
function forgetMode(): void {
  delete process.env["NODE_ENV"];
}

export async function checkWebpack(): Promise<string> {
  const site = join(FOLDER, "webpack");
  mkdirSync(site, { recursive: true });
  compile({ module: "esnext", moduleResolution: "bundler", outDir: "compiled" }, ["main.ts"]);
  const { default: webpack } = await import("webpack");
  const problems = await new Promise<string>((resolve, reject) => {
    webpack(
      {
        mode: "production",
        context: FOLDER,
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
  checkModuleBeside(site);
  return `built, and ${await checkSite(site)}`;
}

export function checkEsbuild(): string {
  run(command("esbuild"), [
    "inline.mjs",
    "--bundle",
    "--format=esm",
    "--outfile=esbuild/inline.mjs",
    "--log-level=error",
  ]);
  checkFound(run(process.execPath, ["esbuild/inline.mjs"]));
  return "built, and run in Node";
}

/** Makes one file of a handler, as functions on Lambda and its like are uploaded, and calls it far from the package. */
export function checkLambda(): string {
  for (const [source, format] of [
    ["lambda.mjs", "esm"],
    ["lambda.mjs", "cjs"],
    ["lambda.cjs", "cjs"],
  ] as const) {
    const file = `lambda/${source.replace(".", "-")}-${format}/index.${format === "esm" ? "mjs" : "cjs"}`;
    const flags = ["--bundle", "--minify", "--platform=node", "--target=node20", `--format=${format}`];
    run(command("esbuild"), [source, ...flags, `--outfile=${file}`, "--log-level=warning"]);
    const call = `import(${JSON.stringify(pathToFileURL(join(FOLDER, file)).href)})
      .then(({ handler }) => handler({ seed: 1 })).then(({ body }) => console.log(body))`;
    checkFound(run(process.execPath, ["--eval", call]));
  }
  return "one file each, imported and required, as ESM and CommonJS, run in Node";
}

export function checkWorkers(): string {
  // As wrangler bundles: esbuild, under the conditions of Workers, with the module left a file.
  const flags = ["--bundle", "--format=esm", "--conditions=workerd,worker,browser", "--loader:.wasm=copy"];
  const names = ["--asset-names=abs", "--outdir=workers", "--log-level=error", "--out-extension:.js=.mjs"];
  run(command("esbuild"), ["worker.mjs", ...flags, ...names]);
  const program = installedProgram("workerd");
  if (program === undefined) return "built; not run: workerd is not installed for this platform";
  checkFound(run(program, ["test", "worker.capnp"]));
  return "built, and run in workerd";
}

export function checkWrangler(): string {
  // It wants a newer Node than this project does.
  const node = join(TOOLS, "node_modules", "node-24", "bin", "node");
  if (!existsSync(node)) return "skipped: Node 24 is not installed for this platform";
  const configuration = { name: "abs", main: "worker.mjs", compatibility_date: "2026-07-01" };
  writeFileSync(join(FOLDER, "wrangler.json"), JSON.stringify(configuration));
  const wrangler = join(TOOLS, "node_modules", "wrangler", "bin", "wrangler.js");
  const printed = run(node, [wrangler, "deploy", "--dry-run", "--outdir", "wrangler"]);
  const [, size] = /Total Upload: .*?gzip: ([0-9.]+ [A-Za-z]+)/.exec(printed) ?? [];
  if (size === undefined) throw new Error(printed);
  return `bundled without uploading, ${size} with gzip`;
}
