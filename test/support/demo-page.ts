import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, it } from "vitest";
import { serveDemo } from "../../scripts/demo/served.ts";
import { RACED, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { endBrowser, launchChromium } from "../runtimes/hosts/puppeteer.ts";
import { chromium, troubleOf } from "./chromium.ts";

// The built demo as a visitor has it, served as `abs demo` does.

/** The strokes of a 7, in shares of the sheet. */
export const SEVEN = [
  [0.25, 0.2],
  [0.75, 0.2],
  [0.45, 0.85],
] as const;

export const DESK = { width: 1280, height: 900 };
export const TELEPHONE = { width: 320, height: 640, isMobile: true, hasTouch: true };

/** Whose redrawing won, and all losses. */
export const WINNERS = `[...document.querySelectorAll(".lane.winner strong")].map((digit) => digit.textContent)`;
export const LOSSES = `[...document.querySelectorAll(".lane .loss")].map((loss) => Number(loss.textContent))`;
/** The three answers in the list, as digits. */
export const answersIn = (list: string) =>
  `[...document.querySelectorAll("#${list} .answer")].map((answer) => answer.textContent)`;
export const headlinesIn = (list: string) =>
  `[...document.querySelectorAll("#${list} .headline")].map((headline) => headline.textContent)`;
export const BRIGHTNESS = (id: string) => `(() => {
  const { data } = document.getElementById("${id}").getContext("2d").getImageData(0, 0, 28, 28);
  return data.reduce((sum, value, place) => sum + (place % 4 === 0 ? value : 0), 0) / 784;
})()`;
export const choose = (page: Page, id: string, value: string) =>
  page.evaluate(`{
    const choice = document.getElementById("${id}");
    choice.value = "${value}";
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }`);
let server: Awaited<ReturnType<typeof serveDemo>>;

/** Serves the demo anew for each test of a file. */
export function serveForEachTest(): void {
  beforeEach(async () => {
    server = await serveDemo();
  });
  afterEach(() => server.close());
}

/** Does something while nothing is served. */
export async function withoutNetwork(act: () => Promise<void>): Promise<void> {
  await server.close();
  try {
    await act();
  } finally {
    server = await serveDemo();
  }
}

/**
 * Opens the page and waits for what it says of the digit that it opens with.
 *
 * @param before a program that runs in the page before its own
 */
export async function open(
  browser: Browser,
  size: typeof DESK,
  features: { name: string; value: string }[] = [],
  before = "",
) {
  const page = await browser.newPage();
  await page.setViewport(size);
  if (features.length > 0) await page.emulateMediaFeatures(features);
  if (before !== "") await page.evaluateOnNewDocument(before);
  const trouble = troubleOf(page);
  await page.goto(server.address);
  await waitFor(page, `${VERDICT}.startsWith("This is a 2 (") && ${RACED}`);
  return { page, trouble };
}

/** Starts Chromium for the tests around, which are skipped where it is not installed. @param options of its command line */
export function testsInChromium(
  options: readonly string[] = [],
): (name: string, test: (browser: Browser) => Promise<void>) => void {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (chromium !== undefined) browser = await launchChromium(options);
  });
  afterAll(async () => {
    if (browser !== undefined) await endBrowser(browser);
  });
  return (name, test) =>
    it(name, async ({ skip }) => {
      if (browser === undefined) return skip("Chromium is not installed in test/runtimes");
      await test(browser);
    });
}
