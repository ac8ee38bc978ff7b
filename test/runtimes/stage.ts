import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { installPackages } from "../support/installed.ts";
import { installPacked, type PackedPackage, packPackage } from "../support/packed.ts";

const here = fileURLToPath(new URL("./", import.meta.url));
const consumers = fileURLToPath(new URL("../consumers/", import.meta.url));
const folder = fileURLToPath(new URL("../../build/runtimes/", import.meta.url));
const PROGRAMS = ["suite.mjs", "program.mjs", "worker.mjs", "page.html", "page.mjs", "file-page.mjs"];

/** A folder with the package installed from its tarball, and the programs beside it. */
export interface Stage {
  folder: string;
  packageFolder: string;
  packed: PackedPackage;
}

/** Packs the built package and installs it afresh. */
export function setUpStage(): Stage {
  const packed = packPackage(folder);
  const packageFolder = installPacked(packed, folder);
  for (const program of PROGRAMS) cpSync(join(here, program), join(folder, program));
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: { "analysis-by-synthesis": "*" } }),
  );
  return { folder, packageFolder, packed };
}

/** Bytes of an entry, of what it imports from the package, and of the module where it is a file of its own. */
export function bytesLoaded({ packageFolder }: Stage, entry: string, loadsModule: boolean): number {
  const seen = new Set<string>();
  const add = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    if (!file.endsWith(".js")) return;
    for (const [, path] of readFileSync(file, "utf8").matchAll(/^(?:import|export) .*from ['"](\.[^'"?]+)/gm)) {
      add(join(dirname(file), path as string));
    }
  };
  add(join(packageFolder, entry));
  if (loadsModule) add(join(packageFolder, "dist/abs.wasm"));
  return [...seen].reduce((sum, file) => sum + statSync(file).size, 0);
}

/** An entry as the package's `exports` have it, from the address that a runtime gave. */
export function entryOf({ packageFolder }: Stage, address: string): string {
  return `./${relative(packageFolder, fileURLToPath(address))}`;
}

/** The packages of test/runtimes/package.json, 450 MB of them, are installed on first use. */
export function installRuntimes(): void {
  installPackages(here);
}

/** Path of a file in one of these packages, or undefined where it is not installed. */
export function installedFile(path: string): string | undefined {
  const file = join(here, "node_modules", path);
  return existsSync(file) ? file : undefined;
}

/** Other releases of Node are among what test/consumers/package.json names. */
export function installReleases(): void {
  installPackages(consumers);
}

/** Path of such a release's program, or undefined where it is not installed. */
export function installedRelease(major: number): string | undefined {
  const file = join(consumers, `node_modules/node-${major}/bin/node`);
  return existsSync(file) ? file : undefined;
}

/** Path of a command that one of these packages brings, or undefined where it is not installed. */
export function installedProgram(name: string): string | undefined {
  return installedFile(`.bin/${name}`);
}
