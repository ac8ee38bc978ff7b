import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { npmPack } from "../../scripts/packing/npm-pack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The package as it would be published. */
export interface PackedPackage {
  /** The tarball's path. */
  tarball: string;
  /** Its size in bytes. */
  size: number;
  /** What it holds, sorted. */
  files: string[];
}

/** Packs the built package into `folder`, which is emptied first. */
export function packPackage(folder: string): PackedPackage {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { filename, size, files } = npmPack(root, ["--pack-destination", folder]);
  return { tarball: join(folder, filename), size, files };
}

/** Copies a package's tarball into `folder`, which is emptied first. */
export function takePackage(tarball: string, folder: string): PackedPackage {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, basename(tarball));
  cpSync(tarball, copy);
  const listing = execFileSync("tar", ["-tzf", copy], { encoding: "utf8" });
  const files = listing.split("\n").filter((path) => path !== "" && !path.endsWith("/"));
  return {
    tarball: copy,
    size: statSync(copy).size,
    files: files.map((path) => path.replace(/^package\//, "")).sort(),
  };
}

/** Unpacks a package's tarball as `folder`/node_modules/analysis-by-synthesis, and returns that path. */
export function installPacked({ tarball }: PackedPackage, folder: string): string {
  const target = join(folder, "node_modules", "analysis-by-synthesis");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", target, "--strip-components=1"]);
  return target;
}

type Targets = string | { [condition: string]: Targets };

/** The file, relative to the package, that its `exports` name for a subpath under the conditions that a host sets. */
export function entryFor(packageFolder: string, subpath: string, conditions: readonly string[]): string {
  const { exports } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")) as {
    exports: Record<string, Targets>;
  };
  const targets = exports[subpath];
  if (targets === undefined) throw new Error(`the package has no ${subpath}`);
  const file = chosen(targets, conditions);
  if (file === undefined) throw new Error(`the package has no ${subpath} for ${conditions.join(", ")}`);
  return file;
}

/** The first that a condition leads to; a condition under which nothing is found is passed over. */
function chosen(targets: Targets, conditions: readonly string[]): string | undefined {
  if (typeof targets === "string") return targets;
  for (const [name, target] of Object.entries(targets)) {
    const file = name === "default" || conditions.includes(name) ? chosen(target, conditions) : undefined;
    if (file !== undefined) return file;
  }
  return undefined;
}
