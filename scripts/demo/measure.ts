import { parseArgs } from "node:util";
import { wholeNumber } from "../../bench/measure/whole-number.ts";
import { launchChromium } from "../../test/runtimes/hosts/puppeteer.ts";
import { BUDGET, bytesSent } from "./bytes.ts";
import { serveDemo } from "./served.ts";
import { Slowed } from "./slowed.ts";

// `npx tsx scripts/demo/measure.ts [--loads 9]`: what the built demo weighs, and how long a visitor waits for the first decision: from
// the beginning of the navigation, nothing cached, on a telephone's screen. Chromium's own throttling slows the page and no worker,
// and the decision is made in one. So the whole browser, which is one process here, is halted for three quarters of the time, too.

const SHARE = 1 / 4;
const FIRST_DECISION = `performance.getEntriesByName("first-decision")[0]?.startTime`;

const { values } = parseArgs({ options: { loads: { type: "string", default: "9" } } });
const loads = wholeNumber("loads", values.loads);

const files = bytesSent();
for (const { path, bytes } of files) console.log(`${String(bytes).padStart(8)}  ${path}`);
const sum = files.reduce((total, { bytes }) => total + bytes, 0);
console.log(`${String(sum).padStart(8)}  bytes after gzip, of ${BUDGET}`);

/** One load. @returns milliseconds until the first decision, and which share of that time the browser ran */
async function load(way: "full" | "page" | "browser"): Promise<{ time: number; share: number }> {
  const server = await serveDemo();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 3, isMobile: true, hasTouch: true });
    if (way === "page") await page.emulateCPUThrottling(1 / SHARE);
    const slowed = way === "browser" ? new Slowed(browser.process()?.pid as number, SHARE) : undefined;
    try {
      await page.goto(server.address);
      await page.waitForFunction(`${FIRST_DECISION} !== undefined`, { timeout: 60_000 });
    } finally {
      await slowed?.end();
    }
    return { time: (await page.evaluate(FIRST_DECISION)) as number, share: slowed?.share ?? 1 };
  } finally {
    await browser.close();
    await server.close();
  }
}

for (const [way, name] of [
  ["full", "at full speed"],
  ["page", "the page, but no worker, throttled to a quarter"],
  ["browser", "the whole browser halted for three quarters of the time"],
] as const) {
  const runs: { time: number; share: number }[] = [];
  for (let index = 0; index < loads; ++index) runs.push(await load(way));
  const times = runs.map(({ time }) => time).sort((one, other) => one - other);
  const [least, median, most] = [0, loads >> 1, loads - 1].map((at) => Math.round(times[at] as number));
  const share = runs.reduce((total, run) => total + run.share, 0) / loads;
  const ran = way === "browser" ? `; it ran for ${Math.round(100 * share)} % of it` : "";
  console.log(`first decision after ${median} ms (${least}–${most}, ${loads} loads), ${name}${ran}`);
}
