import { execFileSync } from "node:child_process";

/** What npm tells of a package that it packed, or would pack. */
export interface NpmPacked {
  /** The tarball's name. */
  filename: string;
  /** The tarball's size in bytes. */
  size: number;
  /** Paths of what it holds, sorted. */
  files: string[];
}

/**
 * Runs `npm pack` in a folder as it stands: no script of the package runs, so nothing is built.
 *
 * @param options further options of `npm pack`, such as `--dry-run`
 * @throws {Error} when npm fails
 */
export function npmPack(folder: string, options: readonly string[]): NpmPacked {
  const output = execFileSync("npm", ["pack", "--json", "--ignore-scripts", ...options], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  // npm 11 prints a list, later ones an object by the package's name.
  const [packed] = Object.values(JSON.parse(output) as object) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  return { filename: packed.filename, size: packed.size, files: packed.files.map(({ path }) => path).sort() };
}
