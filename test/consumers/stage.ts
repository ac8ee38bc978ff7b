import { execFileSync } from "node:child_process";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { whileServing } from "../runtimes/hosts/pages.ts";
import { chromiumMissing, readInChromium } from "../runtimes/hosts/puppeteer.ts";
import { installPacked, type PackedPackage } from "../support/packed.ts";

// What the checks have in common: the folder in which consumers' programs lie beside the installed package, and how they are
// run there.

/** Where the tools of the checks are installed. */
export const TOOLS = fileURLToPath(new URL("./", import.meta.url));
/** The consumers' programs, with the package among their node_modules. */
export const FOLDER = fileURLToPath(new URL("../../build/consumers/", import.meta.url));
const TYPESCRIPT = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
/** What every program prints or shows. */
export const EXPECTED = "label 7";

/** Installs the package and puts the programs beside it. */
export function setUp(packed: PackedPackage): void {
  installPacked(packed, FOLDER);
  cpSync(join(TOOLS, "programs"), FOLDER, { recursive: true });
  writeFileSync(
    join(FOLDER, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { "analysis-by-synthesis": "*" } }),
  );
}

/** Runs a program. @throws {Error} with what it printed, when it fails */
export function run(program: string, parameters: string[], cwd = FOLDER): string {
  try {
    return execFileSync(program, parameters, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${parameters.join(" ")}\n${stdout ?? ""}${stderr ?? ""}`);
  }
}

/** Path of a command that test/consumers/package.json installs. */
export const command = (name: string): string => join(TOOLS, "node_modules", ".bin", name);

/** @throws {Error} unless a program found the seven */
export function checkFound(printed: string): void {
  if (printed.trim() !== EXPECTED) throw new Error(`wanted ${EXPECTED}, got ${printed}`);
}

/** Runs the compiler with no types but the package's and the browser's. */
export function compile(options: object, files: string[]): void {
  const compilerOptions = { strict: true, target: "es2022", lib: ["es2023", "dom"], types: [], ...options };
  writeFileSync(join(FOLDER, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  run(process.execPath, [TYPESCRIPT, "-p", "tsconfig.json"]);
}

/** Opens a page in Chromium and checks what it shows. @returns what was done, in words */
export async function checkPage(address: string): Promise<string> {
  const missing = chromiumMissing();
  if (missing !== undefined) return `not run: ${missing}`;
  const { title, text } = await readInChromium(address);
  if (title !== "done" || text.trim() !== EXPECTED) throw new Error(`the page is ${title}: ${text}`);
  return "run in Chromium";
}

/** Serves a folder under the policy that allows WebAssembly and nothing else, and checks a page of it. */
export async function checkSite(site: string, page = "index.html"): Promise<string> {
  return await whileServing(site, (address) => checkPage(`${address}/${page}`));
}
