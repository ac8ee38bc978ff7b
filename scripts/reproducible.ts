import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./packing/package.ts";
import { differences, hashesOf, hashOf } from "./packing/same-bytes.ts";

// Builds and packs two clones of what is committed, at paths of different lengths, as whoever publishes does, and compares every
// file of dist/ and the packed tarball by their bytes. Ends with 1 where one differs.
//
//   npm run reproducible

const folder = mkdtempSync(join(tmpdir(), "abs-reproducible-"));
try {
  const places = [join(folder, "a"), join(folder, "b", "at another path, which is longer")];
  const [one, other] = places.map((place, index) => {
    const out = join(folder, `out-${index}`);
    mkdirSync(out);
    const start = performance.now();
    run("git", ["clone", "--quiet", ROOT, place], folder);
    run("npm", ["pack", "--pack-destination", out], place);
    const [tarball] = readdirSync(out);
    if (tarball === undefined) throw new Error("npm pack made no tarball");
    const files = hashesOf(join(place, "dist"));
    console.log(
      `clone ${index + 1}: ${files.size} files in dist/, ${((performance.now() - start) / 1000).toFixed(0)} s`,
    );
    rmSync(join(place, "node_modules"), { recursive: true, force: true });
    return { files, tarball, hash: hashOf(join(out, tarball)) };
  });
  if (one === undefined || other === undefined) throw new Error("two clones are wanted");
  const different = differences(one.files, other.files).map((path) => `dist/${path}`);
  if (one.hash !== other.hash) different.push(one.tarball);
  if (different.length > 0) {
    console.error(`not the same bytes in both: ${different.join(", ")}`);
    process.exitCode = 1;
  } else {
    console.log(`the same bytes in both; ${one.tarball}: SHA-256 ${one.hash}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function run(program: string, words: string[], cwd: string): void {
  execFileSync(program, words, { cwd, stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" });
}
