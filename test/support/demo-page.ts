import type { Browser, Page } from "puppeteer-core";
import { afterAll, afterEach, beforeAll, beforeEach, it } from "vitest";
import { serveDemo } from "../../scripts/demo/served.ts";
import { launchChromium } from "../runtimes/hosts/puppeteer.ts";
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
const LONG = { timeout: 50_000 };

export const text = (id: string) => `document.getElementById("${id}").textContent`;
export const VERDICT = text("verdict");
export const RACED = `${text("race-state")}.startsWith("The ")`;
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
export const press = (page: Page, id: string) => page.evaluate(`document.getElementById("${id}").click()`);
export const choose = (page: Page, id: string, value: string) =>
  page.evaluate(`{
    const choice = document.getElementById("${id}");
    choice.value = "${value}";
    choice.dispatchEvent(new Event("input", { bubbles: true }));
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }`);
/** Waits until something holds on the page; in vain, the error tells what the page says. */
export async function waitFor(page: Page, condition: string): Promise<void> {
  try {
    await page.waitForFunction(condition, LONG);
  } catch (cause) {
    throw new Error(
      `waited in vain for ${condition}; the page says:\n${await page.evaluate("document.body.innerText")}`,
      {
        cause,
      },
    );
  }
}

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

/** Opens the page and waits for what it says of the digit that it opens with. */
export async function open(browser: Browser, size: typeof DESK, features: { name: string; value: string }[] = []) {
  const page = await browser.newPage();
  await page.setViewport(size);
  if (features.length > 0) await page.emulateMediaFeatures(features);
  const trouble = troubleOf(page);
  await page.goto(server.address);
  await waitFor(page, `${VERDICT}.startsWith("This is a 2 (") && ${RACED}`);
  return { page, trouble };
}

/** Draws lines between points in [0, 1] with the mouse. */
export async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  await page.evaluate(`document.getElementById("paper").scrollIntoView({ block: "center" })`);
  const box = (await page.evaluate(
    "(({ left, top, width, height }) => ({ left, top, width, height }))(document.getElementById('paper').getBoundingClientRect())",
  )) as { left: number; top: number; width: number; height: number };
  const at = ([x, y]: readonly [number, number]) => [box.left + x * box.width, box.top + y * box.height] as const;
  const [first, ...others] = points as readonly [readonly [number, number], ...(readonly [number, number])[]];
  await page.mouse.move(...at(first));
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...at(point), { steps: 8 });
  await page.mouse.up();
}

/** Starts Chromium for the tests around, which are skipped where it is not installed. */
export function testsInChromium(): (name: string, test: (browser: Browser) => Promise<void>) => void {
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (chromium !== undefined) browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  return (name, test) =>
    it(name, async ({ skip }) => {
      if (browser === undefined) return skip("Chromium is not installed in test/runtimes");
      await test(browser);
    });
}
