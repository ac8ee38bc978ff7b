import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The packages that only the benches use, 380 MB of them, lie in bench/node_modules and are installed on first use.

const folder = new URL("./", import.meta.url);

/** Installs what bench/package-lock.json pins, unless that is in place. */
export function installPackages(): void {
  const changedAt = (path: string): number => {
    const file = new URL(path, folder);
    return existsSync(file) ? statSync(file).mtimeMs : Number.NEGATIVE_INFINITY;
  };
  if (changedAt("node_modules/.package-lock.json") >= changedAt("package-lock.json")) return;
  console.error("> npm install, in bench/");
  // Not `npm ci`, for the reason that scripts/set-up.mjs gives.
  execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund"], {
    cwd: fileURLToPath(folder),
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
}

/** Version of a package that the benches import. */
export function packageVersion(name: string): string {
  const places = [`node_modules/${name}/package.json`, `../node_modules/${name}/package.json`];
  const file = places.map((place) => new URL(place, folder)).find((place) => existsSync(place));
  if (file === undefined) return "not installed";
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
