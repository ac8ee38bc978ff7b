import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUDGET, bytesSent } from "../../scripts/demo/bytes.ts";
import { BUILT } from "../../scripts/demo/plugin.ts";
import { serveDemo } from "../../scripts/demo/served.ts";
import { draw, press, RACED, text, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { filesIn } from "../../src/files/files-in.ts";
import { endBrowser, firefoxMissing, launchChromium, launchFirefox } from "../runtimes/hosts/puppeteer.ts";
import { chromium } from "../support/chromium.ts";
import {
  answersIn,
  BRIGHTNESS,
  choose,
  DESK,
  headlinesIn,
  LOSSES,
  open,
  SEVEN,
  serveForEachTest,
  TELEPHONE,
  testsInChromium,
  WINNERS,
  withoutNetwork,
} from "../support/demo-page.ts";

// The demo's sheet, what is said of it, and the page as a whole.

serveForEachTest();

async function drawSeven(page: Page): Promise<void> {
  await press(page, "clear");
  await waitFor(page, `${VERDICT} === "Draw a digit on the sheet."`);
  await draw(page, SEVEN);
  await waitFor(page, `${VERDICT}.startsWith("This is a 7 (") && ${text("race-state")}.startsWith("The 7 ")`);
}

const BROWSERS = {
  Chromium: {
    missing: () => (chromium === undefined ? "Chromium is not installed in test/runtimes" : undefined),
    launch: launchChromium,
  },
  Firefox: { missing: firefoxMissing, launch: launchFirefox },
};

describe.for(Object.entries(BROWSERS))("the demo in %s", ([, { missing, launch }]) => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (missing() === undefined) browser = await launch();
  });
  afterAll(() => browser && endBrowser(browser));

  it("knows what is drawn, is attacked, and works without a network", async ({ skip }) => {
    const reason = missing();
    if (reason !== undefined) return skip(reason);
    const { page, trouble } = await open(browser as Browser, DESK);
    await drawSeven(page);
    expect(await page.evaluate(answersIn("answers"))).toEqual(["7", "7", "7"]);
    expect(await page.evaluate(WINNERS)).toEqual(["7"]);
    const losses = (await page.evaluate(LOSSES)) as number[];
    expect(losses.indexOf(Math.min(...losses))).toBe(7);
    for (const id of ["seen", "best", "advantage"]) {
      expect(await page.evaluate(BRIGHTNESS(id)), id).toBeGreaterThan(5);
    }
    expect(await page.evaluate(text("certified"))).toMatch(/^\d\.\d\d in L2$/);

    await waitFor(page, `document.getElementById("attack-method").options.length > 5`);
    await choose(page, "attack-norm", "linf");
    await waitFor(page, `[...document.getElementById("attack-method").options].some(({ value }) => value === "fgsm")`);
    await choose(page, "attack-method", "fgsm");
    await press(page, "attack-start");
    await waitFor(page, `${headlinesIn("attacked")}.every((words) => /^(Says|Takes|Withstood)/.test(words))`);
    const [, plain] = (await page.evaluate(headlinesIn("attacked"))) as string[];
    expect(plain).toMatch(/^Says [0-689], /);

    await waitFor(page, `${text("offline-state")}.includes("without a network")`);
    await withoutNetwork(async () => {
      await page.reload();
      await waitFor(page, `${VERDICT}.startsWith("This is a 2 (") && ${RACED}`);
      await drawSeven(page);
      // What had not been loaded before is there, too.
      await press(page, "tab-certify");
      await press(page, "certify-start");
      await waitFor(page, `${text("certify-result")}.includes(" of 500 say 7, ")`);
    });
    expect(trouble).toEqual([]);
    await page.close();
  });
});

describe("the demo", () => {
  const withChromium = testsInChromium();

  it("weighs no more than its budget", () => {
    const files = bytesSent();
    const sum = files.reduce((total, { bytes }) => total + bytes, 0);
    console.log(`the demo weighs ${sum} bytes after gzip`);
    expect(files.some(({ path }) => path.endsWith(".wasm"))).toBe(true);
    expect(sum).toBeLessThanOrEqual(BUDGET);
  });

  withChromium("says that a scribble is no digit, and that the sheet is empty", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "clear");
    await waitFor(page, `${VERDICT} === "Draw a digit on the sheet."`);
    expect(await page.evaluate(answersIn("answers"))).toEqual(["–", "–", "–"]);
    await draw(page, [
      [0.1, 0.1],
      [0.9, 0.9],
      [0.9, 0.1],
      [0.1, 0.9],
      [0.1, 0.1],
      [0.9, 0.1],
      [0.9, 0.9],
      [0.1, 0.9],
    ]);
    await waitFor(page, `${VERDICT}.startsWith("Not a digit.")`);
    const [abs, ...networks] = (await page.evaluate(answersIn("answers"))) as string[];
    expect(abs).toBe("×");
    for (const answer of networks) expect(answer).toMatch(/^\d$/);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("says what could not be loaded, and loads it once it is there", async (started) => {
    const folder = mkdtempSync(join(tmpdir(), "abs-demo-page-"));
    cpSync(BUILT, folder, { recursive: true });
    const network = filesIn(folder).find((path) => path.includes("plain-cnn")) as string;
    const [place, aside] = [join(folder, network), join(folder, "aside")];
    const served = await serveDemo(folder);
    try {
      renameSync(place, aside);
      const page = await started.newPage();
      await page.goto(served.address);
      await waitFor(page, `${VERDICT}.startsWith("Something went wrong: a network could not be loaded: 500")`);
      renameSync(aside, place);
      await drawSeven(page);
      await page.close();
    } finally {
      await served.close();
      rmSync(folder, { recursive: true });
    }
  });

  withChromium("says that there is no WebAssembly, and that its program never came", async (started) => {
    const folder = mkdtempSync(join(tmpdir(), "abs-demo-page-"));
    cpSync(BUILT, folder, { recursive: true });
    const place = (pattern: RegExp) => join(folder, filesIn(folder).find((path) => pattern.test(path)) as string);
    const served = await serveDemo(folder);
    try {
      const page = await started.newPage();
      const [program, aside] = [place(/index-.*\.js$/), join(folder, "aside")];
      renameSync(program, aside);
      await page.goto(served.address);
      // It says so after a while only.
      const LATE = `document.querySelector("#verdict .late")`;
      expect(await page.evaluate(`getComputedStyle(${LATE}).visibility`)).toBe("hidden");
      await page.evaluate(`for (const animation of ${LATE}.getAnimations()) animation.finish()`);
      expect(await page.evaluate(`getComputedStyle(${LATE}).visibility`)).toBe("visible");
      renameSync(aside, program);
      const worker = place(/worker-.*\.js$/);
      writeFileSync(worker, `delete globalThis.WebAssembly;${readFileSync(worker, "utf8")}`);
      await page.reload();
      await waitFor(page, `${VERDICT}.startsWith("Something went wrong: module: this host has no WebAssembly")`);
      await page.close();
    } finally {
      await served.close();
      rmSync(folder, { recursive: true });
    }
  });

  withChromium("is drawn on by keyboard", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "clear");
    await page.focus("#paper");
    await page.keyboard.press(" ");
    for (let step = 0; step < 20; ++step) await page.keyboard.press("ArrowDown");
    await page.keyboard.press(" ");
    await waitFor(page, `${VERDICT}.startsWith("This is a 1 (") && ${text("race-state")}.startsWith("The 1 ")`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("is drawn on by pen, which is not disturbed by a hand", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "clear");
    const session = await page.createCDPSession();
    await page.evaluate(`document.getElementById("paper").scrollIntoView({ block: "center" })`);
    const box = (await page.evaluate(
      "(({ left, top, width }) => ({ left, top, width }))(document.getElementById('paper').getBoundingClientRect())",
    )) as { left: number; top: number; width: number };
    const pen = (type: "mousePressed" | "mouseMoved" | "mouseReleased", x: number, y: number) =>
      session.send("Input.dispatchMouseEvent", {
        type,
        x: box.left + x * box.width,
        y: box.top + y * box.width,
        button: "left",
        buttons: type === "mouseReleased" ? 0 : 1,
        clickCount: 1,
        force: 0.3,
        pointerType: "pen",
      });
    await page.evaluate(`{
      window.kinds = new Set();
      document.getElementById("paper").addEventListener("pointermove", ({ pointerType }) => window.kinds.add(pointerType));
    }`);
    await pen("mousePressed", 0.52, 0.15);
    for (let step = 1; step <= 10; ++step) await pen("mouseMoved", 0.52 - 0.004 * step, 0.15 + 0.07 * step);
    // A second contact, which is not primary, draws nothing.
    await page.evaluate(`for (const type of ["pointerdown", "pointermove", "pointerup"]) {
      document.getElementById("paper").dispatchEvent(new PointerEvent(type, { pointerId: 77, pointerType: "touch", isPrimary: false, clientX: ${box.left + 10}, clientY: ${box.top + 10}, bubbles: true }));
    }`);
    await pen("mouseReleased", 0.48, 0.85);
    await waitFor(page, `${VERDICT}.startsWith("This is a 1 (") && ${text("race-state")}.startsWith("The 1 ")`);
    expect(await page.evaluate("[...window.kinds]")).toContain("pen");
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("fits a telephone, draws by finger, and nothing shifts", async (started) => {
    const { page, trouble } = await open(started, TELEPHONE);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(TELEPHONE.width);
    await press(page, "clear");
    await waitFor(page, `${VERDICT} === "Draw a digit on the sheet."`);
    const box = (await page.evaluate(
      "(({ left, top, width }) => ({ left, top, width }))(document.getElementById('paper').getBoundingClientRect())",
    )) as { left: number; top: number; width: number };
    const at = (x: number, y: number) => [box.left + x * box.width, box.top + y * box.width] as const;
    await page.touchscreen.touchStart(...at(0.25, 0.2));
    for (let step = 1; step <= 10; ++step) await page.touchscreen.touchMove(...at(0.25 + 0.05 * step, 0.2));
    for (let step = 1; step <= 10; ++step)
      await page.touchscreen.touchMove(...at(0.75 - 0.03 * step, 0.2 + 0.06 * step));
    await page.touchscreen.touchEnd();
    await waitFor(page, `${VERDICT}.startsWith("This is a 7 (") && ${text("race-state")}.startsWith("The 7 ")`);
    const shifts = await page.evaluate(`new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().map(({ value }) => value)))
        .observe({ type: "layout-shift", buffered: true });
      setTimeout(() => resolve([]), 500);
    })`);
    expect(shifts).toEqual([]);
    for (const name of ["imagine", "unrecognisable", "certify"]) {
      await press(page, `tab-${name}`);
      expect(await page.evaluate("document.documentElement.scrollWidth"), name).toBe(TELEPHONE.width);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("moves between its tabs by keyboard, and keeps still for those who want that", async (started) => {
    const { page, trouble } = await open(started, DESK, [{ name: "prefers-reduced-motion", value: "reduce" }]);
    await page.focus("#tab-fool");
    for (const [key, name] of [
      ["ArrowRight", "imagine"],
      ["End", "certify"],
      ["ArrowRight", "fool"],
      ["ArrowLeft", "certify"],
      ["Home", "fool"],
    ] as const) {
      await page.keyboard.press(key);
      expect(await page.evaluate("document.activeElement.id")).toBe(`tab-${name}`);
      expect(
        await page.evaluate(
          `[...document.querySelectorAll('[role="tabpanel"]')].filter(({ hidden }) => !hidden).map(({ id }) => id)`,
        ),
      ).toEqual([`panel-${name}`]);
    }
    // Steps are shown all at once: what others see in some fifty frames changes with the sheet, with them and in the end.
    await page.evaluate(`{
      window.changes = 0;
      new MutationObserver(() => ++window.changes).observe(document.querySelector(".lane .loss"), { childList: true });
    }`);
    await drawSeven(page);
    expect(await page.evaluate("window.changes")).toBeLessThanOrEqual(3);
    expect(trouble).toEqual([]);
    await page.close();
  });

  for (const scheme of ["light", "dark"])
    withChromium(`has no violation that axe finds, in the ${scheme}`, async (started) => {
      const { page } = await open(started, DESK, [{ name: "prefers-color-scheme", value: scheme }]);
      const find = createRequire(new URL("../runtimes/package.json", import.meta.url)).resolve;
      await page.evaluate(`${readFileSync(find("axe-core/axe.min.js"), "utf8")}; undefined`);
      for (const name of ["fool", "imagine", "unrecognisable", "certify"]) {
        await press(page, `tab-${name}`);
        const violations = await page.evaluate(
          `axe.run(document).then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.map(({ html, failureSummary }) => html + failureSummary)]))`,
        );
        expect(violations, name).toEqual([]);
      }
      await page.close();
    });
});
