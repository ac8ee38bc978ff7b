import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endBrowser, launchChromium } from "../runtimes/hosts/puppeteer.ts";
import { chromium, troubleOf } from "../support/chromium.ts";
import { skipWithout } from "../support/runtimes.ts";

const SCRIPT = fileURLToPath(new URL("../../examples/browser/serve.mjs", import.meta.url));
const PAGE = "/examples/browser/";

let server: ChildProcess;
let origin: URL;

beforeAll(async () => {
  server = spawn(process.execPath, [SCRIPT, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  origin = new URL(String(line).trim());
});
afterAll(() => {
  server.kill();
});

/** The first line of the answer to a path that is sent as it stands; `fetch` would tidy it first. */
async function statusOf(path: string): Promise<string> {
  const socket = connect(Number(origin.port), "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return String(answer).split(" ", 2)[1] as string;
}

describe("the server of examples/browser", () => {
  it.each([
    [PAGE, "text/html; charset=utf-8"],
    [`${PAGE}?x`, "text/html; charset=utf-8"],
    [`${PAGE}page.js`, "text/javascript; charset=utf-8"],
    [`${PAGE}style.css`, "text/css; charset=utf-8"],
    [`${PAGE}icon.svg`, "image/svg+xml"],
    ["/dist/library/browser.js", "text/javascript; charset=utf-8"],
    ["/dist/abs.wasm", "application/wasm"],
  ])("gives %s as %s", async (path, type) => {
    const response = await fetch(new URL(path, origin));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
    const file = path === PAGE || path.endsWith("?x") ? `${PAGE}index.html` : path;
    const content = readFileSync(new URL(`../..${file}`, import.meta.url));
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  it("leads to the page", async () => {
    expect(origin.pathname).toBe(PAGE);
    expect((await fetch(new URL("/", origin))).url).toBe(origin.href);
  });

  it.each([
    "/package.json",
    "/examples/browser/serve.mjs",
    "/dist/library/",
    "/dist/library/cli.js",
    "/examples/browser/../../package.json",
    "/..%2fpackage.json",
    "/%2e%2e/package.json",
    "//dist/abs.wasm",
    "/constructor",
    "constructor",
    "/%",
    "/\\..\\package.json",
  ])("gives nothing at %s", async (path) => {
    expect(await statusOf(path)).toMatch(/^40[04]$/);
    expect((await fetch(origin)).status).toBe(200);
  });

  it("takes nothing", async () => {
    expect((await fetch(origin, { method: "POST", body: "x" })).status).toBe(405);
  });

  it("refuses a port that is none", () => {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, "--port", "99999"], { encoding: "utf8" });
    expect([status, stderr]).toEqual([1, "--port: got 99999, wanted a number from 0 to 65535\n"]);
  });
});

describe("examples/browser in Chromium", () => {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (chromium !== undefined) browser = await launchChromium();
  });
  afterAll(() => browser && endBrowser(browser));

  const VERDICT = "document.getElementById('verdict').textContent";
  const WINNER = "document.querySelector('tr.winner th')?.textContent";
  const STANDINGS = "[...document.querySelectorAll('tbody tr')].map((row) => row.querySelector('meter').value)";
  /** How bright the pixels of the two pictures are on average. */
  const BRIGHTNESS = `["seen", "redrawn"].map((id) => {
    const { data } = document.getElementById(id).getContext("2d").getImageData(0, 0, 28, 28);
    return data.reduce((sum, value, place) => sum + (place % 4 === 0 ? value : 0), 0) / 784;
  })`;
  /** Left, top, width and height of the sheet. */
  const SHEET =
    "(({ left, top, width, height }) => ({ left, top, width, height }))(document.getElementById('paper').getBoundingClientRect())";

  async function openPage(size: { width: number; height: number; isMobile?: boolean; hasTouch?: boolean }) {
    const page = await (browser as Browser).newPage();
    await page.setViewport(size);
    const trouble = troubleOf(page);
    await page.goto(origin.href);
    await page.waitForFunction(`${VERDICT} === "Draw a digit on the sheet."`);
    const sheet = (await page.evaluate(SHEET)) as { left: number; top: number; width: number; height: number };
    const at = (x: number, y: number) => [sheet.left + x * sheet.width, sheet.top + y * sheet.height] as const;
    return { page, trouble, at };
  }

  async function expectDigit(page: Page, digit: string): Promise<void> {
    await page.waitForFunction(`${WINNER} === "${digit}" && ${VERDICT}.startsWith("This is a ${digit} (")`);
    const standings = (await page.evaluate(STANDINGS)) as number[];
    expect(standings).toHaveLength(10);
    expect(standings.indexOf(Math.max(...standings))).toBe(Number(digit));
    for (const brightness of (await page.evaluate(BRIGHTNESS)) as number[]) expect(brightness).toBeGreaterThan(5);
  }

  it("knows a 1 that the mouse draws, and clears the sheet by keyboard", async ({ skip }) => {
    skipWithout("Chromium", chromium, skip);
    const { page, trouble, at } = await openPage({ width: 1024, height: 800 });
    await page.mouse.move(...at(0.55, 0.2));
    await page.mouse.down();
    await page.mouse.move(...at(0.45, 0.8), { steps: 12 });
    await page.mouse.up();
    await expectDigit(page, "1");
    // Moving on with the button up draws nothing.
    const before = await page.evaluate(BRIGHTNESS);
    await page.mouse.move(...at(0.9, 0.5), { steps: 3 });
    expect(await page.evaluate(BRIGHTNESS)).toEqual(before);

    await page.focus("#clear");
    await page.keyboard.press("Enter");
    await page.waitForFunction(`${VERDICT} === "Draw a digit on the sheet."`);
    expect(await page.evaluate(BRIGHTNESS)).toEqual([0, 0]);
    expect(await page.evaluate(STANDINGS)).toEqual(Array(10).fill(0));
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("knows a 7 that a finger draws on a telephone, where nothing is wider than the screen", async ({ skip }) => {
    skipWithout("Chromium", chromium, skip);
    const { page, trouble, at } = await openPage({ width: 320, height: 640, isMobile: true, hasTouch: true });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(320);
    await page.touchscreen.touchStart(...at(0.25, 0.2));
    for (let step = 1; step <= 10; ++step) await page.touchscreen.touchMove(...at(0.25 + 0.05 * step, 0.2));
    for (let step = 1; step <= 10; ++step) {
      await page.touchscreen.touchMove(...at(0.75 - 0.03 * step, 0.2 + 0.06 * step));
    }
    await page.touchscreen.touchEnd();
    await expectDigit(page, "7");
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("knows the digits that its models draw, one after another", async ({ skip }) => {
    skipWithout("Chromium", chromium, skip);
    const { page, trouble } = await openPage({ width: 800, height: 600 });
    await page.focus("#sample");
    for (const digit of "0123456789") {
      await page.keyboard.press("Enter");
      await expectDigit(page, digit);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  it("runs under a policy that forbids all else", async ({ skip }) => {
    skipWithout("Chromium", chromium, skip);
    const { page, trouble } = await openPage({ width: 800, height: 600 });
    await page.evaluate(
      "document.head.append(Object.assign(document.createElement('script'), { text: 'window.evil = 1' }))",
    );
    expect(await page.evaluate("typeof window.evil")).toBe("undefined");
    // Shows that a violation would have been noticed.
    expect(trouble).toEqual([expect.stringContaining("Content Security Policy")]);
    await page.close();
  });
});
