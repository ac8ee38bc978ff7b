import type { Manifest } from "../packing/package.ts";

/** What a release is made from. */
export interface Release {
  manifest: Manifest;
  /** The version that package-lock.json has. */
  lockedVersion: string;
  changelog: string;
  /** The pushed tag, where there is one. */
  tag: string | undefined;
  /** The repository that the release is made in, as owner/name, where that is known. */
  repository: string | undefined;
}

/** The lines of a version in the changelog, or undefined. A pre-release X.Y.Z-rc.1 has those of X.Y.Z. */
export function changesOf(changelog: string, version: string): { heading: string; lines: string } | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const wanted = version.replace(/-.*$/, "");
  const section = sections.find((text) => text.split(/\s/, 1)[0] === wanted);
  if (section === undefined) return undefined;
  const [heading = "", ...lines] = section.split("\n");
  return { heading: heading.trim(), lines: lines.join("\n").trim() };
}

/** What keeps a release from being made; nothing where all fits together. docs/releasing.md tells what to do then. */
export function releaseProblems({ manifest, lockedVersion, changelog, tag, repository }: Release): string[] {
  const { version } = manifest;
  const problems: string[] = [];
  if (lockedVersion !== version) {
    problems.push(`package-lock.json has version ${lockedVersion}, wanted package.json's ${version}`);
  }
  if (tag !== undefined && tag !== `v${version}`) {
    problems.push(`got the tag ${tag}, wanted v${version}, as package.json has it`);
  }
  if (repository !== undefined) {
    const page = `https://github.com/${repository}`;
    const wanted = {
      "repository.url": [manifest.repository.url, `git+${page}.git`],
      homepage: [manifest.homepage, `${page}#readme`],
      "bugs.url": [manifest.bugs.url, `${page}/issues`],
    };
    for (const [field, [got, address]] of Object.entries(wanted)) {
      if (got !== address)
        problems.push(`${field} in package.json is ${got}, wanted ${address}, where the release is made`);
    }
  }
  const changes = changesOf(changelog, version);
  if (changes === undefined || changes.lines === "") {
    problems.push(`CHANGELOG.md has nothing under "## ${version.replace(/-.*$/, "")}"`);
  } else if (!version.includes("-") && !/^\S+ \(\d{4}-\d\d-\d\d\)$/.test(changes.heading)) {
    problems.push(`CHANGELOG.md has the heading "## ${changes.heading}", wanted "## ${version} (YYYY-MM-DD)"`);
  }
  return problems;
}
