import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeWholeFile } from "../../src/files/write-whole-file.ts";
import { ROOT, readManifest } from "../packing/package.ts";
import { changesOf, releaseProblems } from "./problems.ts";

// Checks that version, tag, changelog and repository fit together, before anything is published. On GitHub the variables
// GITHUB_REF_TYPE, GITHUB_REF_NAME and GITHUB_REPOSITORY tell the tag and the repository; elsewhere:
//   --tag TAG                wanted to be the version's
//   --repository OWNER/NAME  wanted to be package.json's
//   --notes FILE             also writes what the changelog says about the version

const { values: options } = parseArgs({
  options: { tag: { type: "string" }, repository: { type: "string" }, notes: { type: "string" } },
});
const { GITHUB_REF_TYPE, GITHUB_REF_NAME, GITHUB_REPOSITORY } = process.env;
const manifest = readManifest();
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const changelog = read("CHANGELOG.md");
const problems = releaseProblems({
  manifest,
  lockedVersion: (JSON.parse(read("package-lock.json")) as { version: string }).version,
  changelog,
  tag: options.tag ?? (GITHUB_REF_TYPE === "tag" ? GITHUB_REF_NAME : undefined),
  repository: options.repository ?? GITHUB_REPOSITORY,
});
if (problems.length > 0) {
  console.error([...problems, "docs/releasing.md tells what to do."].join("\n"));
  process.exitCode = 1;
} else {
  console.log(`${manifest.name} ${manifest.version} may be released`);
  if (options.notes !== undefined) {
    await writeWholeFile(options.notes, `${changesOf(changelog, manifest.version)?.lines}\n`);
  }
}
