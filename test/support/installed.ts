import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** Installs what a folder's package-lock.json pins, unless that is in place. @throws {Error} when npm fails */
export function installPackages(folder: string): void {
  const changedAt = (path: string): number =>
    existsSync(join(folder, path)) ? statSync(join(folder, path)).mtimeMs : Number.NEGATIVE_INFINITY;
  if (changedAt("node_modules/.package-lock.json") >= changedAt("package-lock.json")) return;
  console.error(`> npm install, in ${folder}`);
  // Not `npm ci`, for the reason that scripts/set-up.mjs gives.
  execFileSync("npm", ["install", "--no-save", "--no-audit", "--no-fund"], {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
}
