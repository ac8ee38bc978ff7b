import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { linksOf } from "../../scripts/packing/links.ts";
import { ROOT, readManifest } from "../../scripts/packing/package.ts";
import { differences, hashesOf } from "../../scripts/packing/same-bytes.ts";

type Run = (program: string, parameters: string[], cwd: string) => string;

const PROGRAM = `
import { createClassifier } from "analysis-by-synthesis";
const abs = await createClassifier();
console.log("label " + abs.classify(abs.sample(7)[0]).label);
`;

/**
 * Packs a clone of what is committed as whoever publishes it does, by `npm pack` and nothing before it, and uses that
 * package as whoever installs it does. Where all changes are committed here, the clone has to build what was built here, byte
 * for byte.
 *
 * @param expected what the program prints
 * @returns what was packed
 * @throws {Error} where a step fails, a link of a document leads nowhere, or the clone is changed afterwards
 */
export function checkFreshClone(run: Run, expected: string): string {
  // Elsewhere: within the project, Node would find the project's own packages.
  const folder = mkdtempSync(join(tmpdir(), "abs-clone-"));
  try {
    const clone = join(folder, "clone");
    const user = join(folder, "user");
    run("git", ["clone", "--quiet", ROOT, clone], folder);
    run("npm", ["pack", "--pack-destination", folder], clone);
    const same = sameBuild(run, join(clone, "dist"));
    const changed = run("git", ["status", "--porcelain"], clone);
    if (changed !== "") throw new Error(`packing left changes behind: ${changed}`);

    const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) throw new Error("npm pack made no tarball");
    mkdirSync(user);
    writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
    writeFileSync(join(user, "program.js"), PROGRAM);
    run("npm", ["install", "--no-audit", "--no-fund", join(folder, tarball)], user);
    const installed = readdirSync(join(user, "node_modules")).filter((name) => !name.startsWith("."));
    if (installed.join() !== readManifest().name) throw new Error(`it installed ${installed.join(", ")}`);
    const printed = run(process.execPath, ["program.js"], user).trim();
    if (printed !== expected) throw new Error(`the program printed ${printed}`);
    const help = run("npx", ["--no-install", "abs", "--help"], user);
    if (!help.includes("classify FILE")) throw new Error(`abs --help printed ${help}`);
    const links = checkLinks(join(user, "node_modules", readManifest().name));
    const revision = run("git", ["rev-parse", "--short", "HEAD"], clone).trim();
    return `${revision} packed, installed and run; ${links} links lead somewhere; ${same}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compares what a clone built with what was built here, at another path. @throws {Error} where their bytes differ */
function sameBuild(run: Run, dist: string): string {
  if (run("git", ["status", "--porcelain"], ROOT) !== "") return "what is built here is not what is committed";
  const here = hashesOf(join(ROOT, "dist"));
  const there = hashesOf(dist);
  const different = differences(here, there).filter((path) => there.has(path));
  if (different.length > 0) throw new Error(`other bytes than here: ${different.join(", ")}`);
  return `${there.size} files of the same bytes as here`;
}

/** Counts the links of a package's documents. @throws {Error} for one that leads neither to its own file nor to an address */
function checkLinks(packageFolder: string): number {
  const files = readdirSync(packageFolder, { recursive: true, encoding: "utf8" }).map((path) =>
    path.replaceAll("\\", "/"),
  );
  const links = files
    .filter((path) => path.endsWith(".md"))
    .flatMap((path) =>
      linksOf(readFileSync(join(packageFolder, path), "utf8")).map(({ target }) => ({ path, target })),
    );
  for (const { path, target } of links) {
    const written = target.replace(/[?#].*$/, "");
    if (/^https?:/.test(target) || written === "") continue;
    if (!files.includes(posix.join(posix.dirname(path), written))) throw new Error(`${path} links to ${target}`);
  }
  return links.length;
}
