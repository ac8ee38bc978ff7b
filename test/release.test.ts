import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readManifest } from "../scripts/packing/package.ts";
import { changesOf, type Release, releaseProblems } from "../scripts/release/problems.ts";

const CHANGELOG = "# Changelog\n\n## 1.2.0 (2030-01-31)\n\n- New.\n- Newer.\n\n## 1.1.0 (2029-12-01)\n\n- Old.\n";

function release(changes: Partial<Release> & { version?: string } = {}): Release {
  const { version = "1.2.0", ...rest } = changes;
  const page = "https://github.com/o/n";
  return {
    manifest: {
      ...readManifest(),
      version,
      homepage: `${page}#readme`,
      repository: { type: "git", url: `git+${page}.git` },
      bugs: { url: `${page}/issues` },
    },
    lockedVersion: version,
    changelog: CHANGELOG,
    tag: `v${version}`,
    repository: "o/n",
    ...rest,
  };
}

describe("a release", () => {
  it("may be made where all fits together", () => {
    expect(releaseProblems(release())).toEqual([]);
    expect(releaseProblems(release({ tag: undefined, repository: undefined }))).toEqual([]);
    expect(changesOf(CHANGELOG, "1.2.0")?.lines).toBe("- New.\n- Newer.");
  });

  it("may be a pre-release, whose changes have no day yet", () => {
    const changelog = CHANGELOG.replace("2030-01-31", "unreleased");
    expect(releaseProblems(release({ version: "1.2.0-rc.1", changelog }))).toEqual([]);
  });

  it.each<[Partial<Release> & { version?: string }, string]>([
    [{ tag: "v1.2.1" }, "got the tag v1.2.1, wanted v1.2.0, as package.json has it"],
    [{ tag: "1.2.0" }, "got the tag 1.2.0, wanted v1.2.0, as package.json has it"],
    [{ lockedVersion: "1.1.0" }, "package-lock.json has version 1.1.0, wanted package.json's 1.2.0"],
    [{ changelog: "# Changelog\n" }, 'CHANGELOG.md has nothing under "## 1.2.0"'],
    [
      { changelog: "## 1.2.0 (2030-01-31)\n\n## 1.1.0 (2029-12-01)\n\n- Old." },
      'CHANGELOG.md has nothing under "## 1.2.0"',
    ],
    [{ version: "1.2" }, 'CHANGELOG.md has nothing under "## 1.2"'],
    [
      { changelog: CHANGELOG.replace("2030-01-31", "unreleased") },
      'CHANGELOG.md has the heading "## 1.2.0 (unreleased)", wanted "## 1.2.0 (YYYY-MM-DD)"',
    ],
  ])("%j is refused", (changes, problem) => {
    expect(releaseProblems(release(changes))).toEqual([problem]);
  });

  it("is refused where package.json names another repository", () => {
    expect(releaseProblems(release({ repository: "somebody/fork" }))).toEqual([
      "repository.url in package.json is git+https://github.com/o/n.git, wanted git+https://github.com/somebody/fork.git, where the release is made",
      "homepage in package.json is https://github.com/o/n#readme, wanted https://github.com/somebody/fork#readme, where the release is made",
      "bugs.url in package.json is https://github.com/o/n/issues, wanted https://github.com/somebody/fork/issues, where the release is made",
    ]);
  });

  it("is refused by the command as well, which says where to read on", () => {
    const root = fileURLToPath(new URL("..", import.meta.url));
    const words = ["--import", "tsx", "scripts/release/check.ts", "--tag", "v99.0.0"];
    const env = { ...process.env, GITHUB_REPOSITORY: "somebody/fork" };
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: root, encoding: "utf8", env });
    expect(status).toBe(1);
    expect(stderr).toContain("got the tag v99.0.0, wanted v");
    expect(stderr).toContain("repository.url in package.json is git+https://github.com/");
    expect(stderr).toContain("docs/releasing.md tells what to do.");
  });
});

interface Job {
  permissions: Record<string, string>;
  needs?: string | string[];
  steps: { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[];
}

describe("the release workflow", () => {
  const text = readFileSync(new URL("../.github/workflows/release.yml", import.meta.url), "utf8");
  const workflow = parse(text) as { permissions: object; jobs: Record<string, Job> };
  const commandsOf = ({ steps }: Job): string => steps.map(({ run }) => run ?? "").join("\n");
  const actionsOf = ({ steps }: Job): string[] => steps.flatMap(({ uses }) => uses ?? []);

  it("lets each job do what it is for", () => {
    expect(workflow.permissions).toEqual({});
    expect(Object.entries(workflow.jobs).map(([name, { permissions }]) => [name, permissions])).toEqual([
      ["pack", { contents: "read" }],
      ["test", { contents: "read" }],
      ["publish", { "id-token": "write" }],
      ["release", { contents: "write" }],
    ]);
  });

  it("pins every action by its commit, with the version beside it", () => {
    const lines = text.split("\n").filter((line) => line.includes("uses:"));
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const versions = new Set(lines.map((line) => line.replace(/.*uses: /, "")));
    expect(new Set(lines.map((line) => line.replace(/.*uses: |@.*/g, ""))).size).toBe(versions.size);
  });

  it.each(["publish", "release"])("runs nothing of the project in %s, and only what was packed", (name) => {
    const job = workflow.jobs[name] as Job;
    expect(actionsOf(job).join()).not.toContain("checkout");
    expect(commandsOf(job)).not.toMatch(/\bnpm (?!publish --ignore-scripts )|\bnpx\b|\bnode\b/);
    expect(commandsOf(job)).toContain("sha256sum --check --strict SHA256SUMS");
    expect(job.needs).toContain("pack");
  });

  it("publishes after the tests", () => {
    expect(workflow.jobs["publish"]?.needs).toEqual(["pack", "test"]);
    expect(workflow.jobs["release"]?.needs).toContain("publish");
    expect(commandsOf(workflow.jobs["pack"] as Job)).toContain("scripts/release/check.ts");
    expect(commandsOf(workflow.jobs["test"] as Job)).toContain("test/consumers/run.ts --tarball");
  });

  it("keeps no credentials where code runs", () => {
    for (const { steps } of Object.values(workflow.jobs)) {
      for (const { uses, with: options } of steps) {
        if (uses?.includes("checkout")) expect(options).toEqual({ "persist-credentials": false });
      }
    }
  });
});
