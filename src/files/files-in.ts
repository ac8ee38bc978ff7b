import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** Paths of all files in a folder and in those in it, relative to it, sorted, with slashes. @throws {Error} Node's, when there is none */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep).join("/"))
    .sort();
}
