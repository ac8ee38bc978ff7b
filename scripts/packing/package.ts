import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Repository } from "./links.ts";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

type Targets = string | { [condition: string]: Targets };

/** What the scripts read of package.json. */
export interface Manifest {
  name: string;
  version: string;
  homepage: string;
  repository: { type: string; url: string };
  bugs: { url: string };
  files: string[];
  exports: Targets;
  bin: Record<string, string>;
}

export function readManifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
}

/** The files, from the package's root, that package.json promises: entries with their types, and commands. */
export function promisedFiles({ exports, bin }: Manifest): string[] {
  const files = (targets: Targets): string[] =>
    typeof targets === "string" ? [targets] : Object.values(targets).flatMap(files);
  return [...new Set([...files(exports), ...Object.values(bin)].map((path) => path.replace(/^\.\//, "")))];
}

/** The repository at the tag of this version. */
export function repositoryOf({ homepage, version }: Manifest): Repository {
  return {
    page: homepage.replace(/#.*$/, ""),
    revision: `v${version}`,
    has(path) {
      const status = statSync(join(ROOT, path), { throwIfNoEntry: false });
      if (status === undefined) return undefined;
      return status.isDirectory() ? "folder" : "file";
    },
  };
}
