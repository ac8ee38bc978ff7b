import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "puppeteer-core";
import { launchChromium } from "../../test/runtimes/hosts/puppeteer.ts";
import { serveDemo } from "./served.ts";
import { press, RACED, text, waitFor as waitOnPage } from "./visitor.ts";

// Pictures of the built demo: `npx tsx scripts/demo/screenshots.ts --out build/screenshots` makes them all, on a telephone and on a
// desk, light and dark, each tab in use; `--readme docs/demo.png` the one of the README.

const { values } = parseArgs({ options: { out: { type: "string" }, readme: { type: "string" } } });
if (values.out === undefined && values.readme === undefined) throw new Error("--out FOLDER or --readme FILE is wanted");

const DESK = { width: 1280, height: 900, deviceScaleFactor: 1 };
const TELEPHONE = { width: 390, height: 844, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** How long what is computed may take, in milliseconds: attacks on three models at once, on a machine that has more to do. */
const LONGEST = 120_000;
const waitFor = (page: Page, condition: string) => waitOnPage(page, condition, { timeout: LONGEST });
const isOver = (id: string) => `!document.getElementById("${id}").disabled`;

/** What is done in each tab before its picture is taken. */
const SCENES: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  async fool(page) {
    await waitFor(page, `document.getElementById("attack-method").options.length > 0`);
    await page.evaluate(`{
      const [noise, , stripes] = document.querySelectorAll("#spoil-sliders input");
      for (const [slider, value] of [[noise, 0.12], [stripes, 0.4]]) {
        slider.value = value;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }`);
    await press(page, "attack-start");
    await waitFor(page, `!document.getElementById("attack-stop").disabled`);
    await waitFor(page, isOver("attack-start"));
  },
  async imagine(page) {
    await press(page, "imagine-random");
    await waitFor(page, `document.querySelectorAll("#walk .said[role]").length > 0`);
  },
  async unrecognisable(page) {
    await press(page, "ascend-start");
    await waitFor(page, `!document.getElementById("ascend-stop").disabled`);
    await waitFor(page, isOver("ascend-start"));
  },
  async certify(page) {
    await press(page, "certify-start");
    await waitFor(page, `${text("certify-result")}.includes(" say ") || ${text("certify-result")}.startsWith("Too")`);
  },
};

const server = await serveDemo();
const browser = await launchChromium();
try {
  const open = async (viewport: typeof DESK, scheme: string): Promise<Page> => {
    const page = await browser.newPage();
    await page.setViewport(viewport);
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(server.address);
    await waitFor(page, RACED);
    return page;
  };
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    for (const [device, viewport] of Object.entries({ desk: DESK, telephone: TELEPHONE })) {
      for (const scheme of ["light", "dark"]) {
        const page = await open(viewport, scheme);
        await page.screenshot({ path: join(values.out, `${device}-${scheme}.png`), fullPage: true });
        const scenes = scheme === "light" ? SCENES : {};
        for (const [name, play] of Object.entries(scenes)) {
          await press(page, `tab-${name}`);
          await play(page);
          const panel = await page.$("section.panels");
          await panel?.screenshot({ path: join(values.out, `${device}-${scheme}-${name}.png`) });
        }
        await page.close();
      }
    }
  }
  if (values.readme !== undefined) {
    const page = await open(DESK, "light");
    await page.screenshot({ path: values.readme, clip: { x: 64, y: 0, width: DESK.width - 128, height: 1225 } });
  }
} finally {
  await browser.close();
  await server.close();
}
