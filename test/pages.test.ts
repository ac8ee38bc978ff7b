import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BUILT } from "../scripts/demo/plugin.ts";
import { root } from "./support/markdown.ts";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}

interface Job {
  permissions: object;
  needs?: string;
  steps: Step[];
}

// scripts/demo/pages.ts runs what this one names, in a fresh clone.
describe("the workflow for GitHub Pages", () => {
  const text = readFileSync(`${root}.github/workflows/pages.yml`, "utf8");
  const { permissions, jobs } = parse(text) as { permissions: object; jobs: { build: Job; deploy: Job } };

  it("lets each job do what it is for, and deploys what was built", () => {
    expect(permissions).toEqual({});
    expect(jobs.build.permissions).toEqual({ contents: "read" });
    expect(jobs.deploy.permissions).toEqual({ pages: "write", "id-token": "write" });
    expect(jobs.deploy.needs).toBe("build");
    expect(jobs.deploy.steps.filter(({ run }) => run !== undefined)).toEqual([]);
  });

  it("runs nothing but the project's own set-up, and uploads the built page", () => {
    expect(jobs.build.steps.flatMap(({ run }) => run ?? [])).toEqual(["node scripts/set-up.mjs"]);
    const upload = jobs.build.steps.at(-1) as Step;
    expect(upload.uses).toMatch(/^actions\/upload-pages-artifact@/);
    expect(upload.with).toEqual({ path: relative(root, BUILT) });
  });

  it("pins every action by its commit, with the version beside it", () => {
    const lines = text.split("\n").filter((line) => line.includes("uses:"));
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });
});
