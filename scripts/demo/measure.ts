import { launchChromium } from "../../test/runtimes/hosts/puppeteer.ts";
import { BUDGET, bytesSent } from "./bytes.ts";
import { serveDemo } from "./served.ts";

// `npx tsx scripts/demo/measure.ts`: what the built demo weighs, and how long a telephone waits for the first decision: from the
// beginning of the navigation, nothing cached, the page's processor throttled to a quarter. Chromium throttles no workers, so what is
// computed in one takes as long as on this machine.

const THROTTLING = 4;
const LOADS = 9;
const FIRST_DECISION = `performance.getEntriesByName("first-decision")[0]?.startTime`;

const files = bytesSent();
for (const { path, bytes } of files) console.log(`${String(bytes).padStart(8)}  ${path}`);
const sum = files.reduce((total, { bytes }) => total + bytes, 0);
console.log(`${String(sum).padStart(8)}  bytes after gzip, of ${BUDGET}`);

for (const throttling of [1, THROTTLING]) {
  const times: number[] = [];
  for (let load = 0; load < LOADS; ++load) {
    const server = await serveDemo();
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.setViewport({ width: 390, height: 844, deviceScaleFactor: 3, isMobile: true, hasTouch: true });
      if (throttling > 1) await page.emulateCPUThrottling(throttling);
      await page.goto(server.address);
      await page.waitForFunction(`${FIRST_DECISION} !== undefined`, { timeout: 60_000 });
      times.push((await page.evaluate(FIRST_DECISION)) as number);
    } finally {
      await browser.close();
      await server.close();
    }
  }
  times.sort((one, other) => one - other);
  const [least, median, most] = [0, LOADS >> 1, LOADS - 1].map((at) => Math.round(times[at] as number));
  console.log(`first decision after ${median} ms (${least}–${most}, ${LOADS} loads), processor ÷ ${throttling}`);
}
