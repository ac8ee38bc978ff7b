import { parseArgs } from "node:util";
import type { Page } from "puppeteer-core";
import { tableLines } from "../../bench/measure/table.ts";
import { wholeNumber } from "../../bench/measure/whole-number.ts";
import { Random, seedOf } from "../../src/random.ts";
import { launchChromium } from "../../test/runtimes/hosts/puppeteer.ts";
import { HEIGHTS, STYLES, type Style, write } from "../drawing/handwriting.ts";
import { serveDemo } from "./served.ts";
import { clear, draw, RACED, VERDICT, waitFor } from "./visitor.ts";

// How often the built demo knows what is drawn on its sheet with the mouse: `npx tsx scripts/demo/draw.ts [--times 2] [--seed 0]
// [--list]` writes every style of every digit at several sizes, each time with another hand, and prints the shares.
// --list names every drawing that is not right.

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "2" },
    seed: { type: "string", default: "0" },
    list: { type: "boolean", default: false },
  },
});
const times = wholeNumber("times", values.times);
const seed = wholeNumber("seed", values.seed, 0);

interface Drawn {
  readonly style: Style;
  readonly size: string;
  readonly verdict: string;
  readonly isRight: boolean;
  readonly networks: readonly boolean[];
}

/** Draws it and reads what the page says. */
async function look(page: Page, style: Style, size: string, random: Random): Promise<Drawn> {
  await clear(page);
  for (const stroke of write(style, HEIGHTS[size as keyof typeof HEIGHTS], random)) await draw(page, stroke, 1);
  await waitFor(page, RACED);
  const verdict = (await page.evaluate(VERDICT)) as string;
  const answers = (await page.evaluate(
    `[...document.querySelectorAll("#answers .answer")].map(({ textContent }) => Number(textContent))`,
  )) as number[];
  const [abs, ...networks] = answers.map((answer) => answer === style.digit);
  return { style, size, verdict, isRight: abs as boolean, networks };
}

const server = await serveDemo();
const browser = await launchChromium();
const sizes = Object.keys(HEIGHTS);
const all: Drawn[] = [];
try {
  const page = await browser.newPage();
  // A small window is drawn soon.
  await page.setViewport({ width: 400, height: 500 });
  // Nobody looks at the steps.
  await page.emulateMediaFeatures([{ name: "prefers-reduced-motion", value: "reduce" }]);
  await page.goto(server.address);
  await waitFor(page, RACED);
  for (const style of STYLES) {
    const random = new Random(seedOf(seed, `${style.digit} ${style.name}`));
    for (const size of sizes) {
      for (let time = 0; time < times; ++time) {
        const drawn = await look(page, style, size, random);
        all.push(drawn);
        if (values.list && !drawn.isRight) console.log(`${style.digit} ${style.name}, ${size}: ${drawn.verdict}`);
      }
    }
  }
} finally {
  await browser.close();
  await server.close();
}

function share(of: readonly Drawn[], isRight = (drawn: Drawn) => drawn.isRight): string {
  return `${of.filter(isRight).length} of ${of.length}`;
}
const rows = STYLES.map((style) => {
  const own = all.filter((drawn) => drawn.style === style);
  return [`${style.digit}, ${style.name}`, ...sizes.map((size) => share(own.filter((drawn) => drawn.size === size)))];
});
rows.push(["all", ...sizes.map((size) => share(all.filter((drawn) => drawn.size === size)))]);
console.log(tableLines(["drawn", ...sizes], rows));
console.log(`right: ${share(all)}; the plain CNN ${share(all, ({ networks }) => networks[0] === true)},`);
console.log(`the one trained against attacks ${share(all, ({ networks }) => networks[1] === true)}`);
