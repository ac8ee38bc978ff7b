import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "puppeteer-core";
import { build, createServer, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { endBrowser, launchChromium } from "../runtimes/hosts/puppeteer.ts";
import { chromium, troubleOf } from "../support/chromium.ts";
import { freePort, skipWithout } from "../support/runtimes.ts";

// The example with the built package installed beside it, by copying what npm would, so that nothing is fetched.

const project = fileURLToPath(new URL("../../", import.meta.url));
const root = join(project, "build/examples-vite");
const FILES = ["index.html", "main.js", "package.json", "vite.config.js"];
const picture = join(project, "examples/images/seven-small.png");

beforeAll(async () => {
  rmSync(root, { recursive: true, force: true });
  for (const file of FILES) cpSync(join(project, "examples/vite", file), join(root, file));
  const installed = join(root, "node_modules/analysis-by-synthesis");
  mkdirSync(installed, { recursive: true });
  for (const path of ["package.json", "dist"]) cpSync(join(project, path), join(installed, path), { recursive: true });
  // As on the command line: vitest's own NODE_ENV would have Vite choose what is for development.
  vi.stubEnv("NODE_ENV", "production");
  await build({ root, logLevel: "error" });
  vi.unstubAllEnvs();
});

describe("examples/vite, built", () => {
  const assets = () => readdirSync(join(root, "dist/assets"));
  const only = (ending: string): string => {
    const [name, ...others] = assets().filter((file) => file.endsWith(ending));
    expect(others).toEqual([]);
    return name as string;
  };

  it("has the module as a file of its own, byte for byte, and one script that names it", () => {
    const module = only(".wasm");
    const script = only(".js");
    expect(assets()).toHaveLength(2);
    expect(readFileSync(join(root, "dist/assets", module)).equals(readFileSync(join(project, "dist/abs.wasm")))).toBe(
      true,
    );
    const code = readFileSync(join(root, "dist/assets", script), "utf8");
    expect(code).toContain(module);
    expect(code).toContain("Choose a picture.");
    // Neither the entry for Node nor the one with the module inside.
    expect(code).not.toMatch(/node:|PACKED_MODULE/);
    expect(code.length).toBeLessThan(100_000);
    expect(readFileSync(join(root, "dist/index.html"), "utf8")).toContain(`src="./assets/${script}"`);
  });
});

describe("examples/vite in Chromium", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (chromium !== undefined) browser = await launchChromium();
  });
  afterAll(() => browser && endBrowser(browser));

  const SERVERS = {
    built: () => preview({ root, logLevel: "error", preview: { host: "127.0.0.1", port: 0 } }),
    "under development": async () => {
      const address = { host: "127.0.0.1", port: await freePort(), strictPort: true };
      return await (await createServer({ root, logLevel: "error", server: address })).listen();
    },
  };

  it.for(Object.entries(SERVERS))("knows the 7 in a picture, %s", async ([, start], { skip }) => {
    skipWithout("Chromium", chromium, skip);
    const server = await start();
    try {
      const page = await (browser as Browser).newPage();
      const trouble = troubleOf(page);
      await page.goto(server.resolvedUrls?.local[0] as string);
      const said = (beginning: string) => `document.getElementById("verdict").textContent.startsWith("${beginning}")`;
      await page.waitForFunction(said("Choose a picture."));
      const input = await page.$("#picture");
      await input?.uploadFile(picture);
      await page.waitForFunction(said("A 7 ("));
      await input?.uploadFile(join(root, "package.json"));
      await page.waitForFunction(said("package.json cannot be read: "));
      await input?.uploadFile(picture);
      await page.waitForFunction(said("A 7 ("));
      expect(trouble).toEqual([]);
      await page.close();
    } finally {
      await server.close();
    }
  });
});
