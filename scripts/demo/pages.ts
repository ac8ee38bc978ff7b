import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { launchChromium } from "../../test/runtimes/hosts/puppeteer.ts";
import { serveDemo } from "./served.ts";
import { RACED, VERDICT, waitFor } from "./visitor.ts";

// What the workflow that brings the demo to GitHub Pages would bring there: `npx tsx scripts/demo/pages.ts` runs the commands of its
// job `build` in a fresh clone of the last commit, one after the other, and opens the folder that it uploads under a path.

interface Step {
  run?: string;
  uses?: string;
  with?: { path?: string };
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const clone = mkdtempSync(join(tmpdir(), "abs-pages-"));
try {
  execFileSync("git", ["clone", "--quiet", root, clone]);
  const { jobs } = parse(readFileSync(join(clone, ".github/workflows/pages.yml"), "utf8")) as {
    jobs: { build: { steps: Step[] } };
  };
  let uploaded: string | undefined;
  for (const { run, uses, with: given } of jobs.build.steps) {
    if (run !== undefined) {
      console.log(`> ${run.trim()}`);
      execFileSync("bash", ["-e", "-c", run], { cwd: clone, stdio: ["ignore", "inherit", "inherit"] });
    }
    if (uses?.includes("upload-pages-artifact")) uploaded = given?.path;
  }
  if (uploaded === undefined) throw new Error("the workflow uploads nothing");
  const folder = join(clone, uploaded);
  // What serves the demo here has a module at hand where the folder has none; GitHub Pages has not.
  if (!readdirSync(folder, { recursive: true }).some((name) => `${name}`.endsWith(".wasm"))) {
    throw new Error(`${uploaded} comes without the module`);
  }
  const server = await serveDemo(folder, { path: "/analysis-by-synthesis/" });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.address);
    await waitFor(page, RACED);
    console.log(`${uploaded}, opened at ${server.address}: ${await page.evaluate(VERDICT)}`);
  } finally {
    await browser.close();
    await server.close();
  }
} finally {
  rmSync(clone, { recursive: true });
}
