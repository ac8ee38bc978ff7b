import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { clear, RACED, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { DESK, open, serveForEachTest, testsInChromium } from "../support/demo-page.ts";

// Pictures that are chosen, dropped on the demo and pasted into it, and what is none.

const folder = mkdtempSync(join(tmpdir(), "abs-demo-pictures-"));
const SEVEN = '<path d="M25 20H75L45 85" fill="none" stroke="#123" stroke-width="9"/>';
const FILES = {
  "sized.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">${SEVEN}</svg>`,
  "sizeless.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">${SEVEN}</svg>`,
  "broken.svg": "<svg xmlns=",
  "words.txt": "seven",
  "cut.png": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  "empty.jpg": "",
};
const pathOf = (name: string) => (name in FILES || name === "folder" ? join(folder, name) : `${process.cwd()}/${name}`);

beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) writeFileSync(pathOf(name), content);
  mkdirSync(pathOf("folder"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const READ = [
  ["examples/images/three-photograph.jpg", 3],
  ["examples/images/seven-small.png", 7],
  ["sized.svg", 7],
  ["sizeless.svg", 7],
] as const;
const cannotBeRead = (name: string) => `${name} cannot be read as a picture; PNG, JPEG, WebP, GIF and SVG can.`;

async function choose(page: Page, name: string): Promise<void> {
  await (await page.$("#file"))?.uploadFile(pathOf(name));
}

/** Drops files as a browser is told of it by its host. */
async function drop(page: Page, names: readonly string[], items: readonly unknown[] = []): Promise<void> {
  const session = await page.createCDPSession();
  const data = { items: [...items], files: names.map(pathOf), dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await session.send("Input.dispatchDragEvent", { type, x: 400, y: 300, data });
  }
}

/** Pastes what a script makes, as no page may fill the clipboard unasked. */
const paste = (page: Page, filling: string) =>
  page.evaluate(`(async () => {
    const drawing = new OffscreenCanvas(100, 100);
    const pen = drawing.getContext("2d");
    pen.fillStyle = "white";
    pen.fillRect(0, 0, 100, 100);
    pen.lineWidth = 9;
    pen.stroke(new Path2D("M25 20H75L45 85"));
    const carrier = new DataTransfer();
    ${filling}
    document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carrier, bubbles: true, cancelable: true }));
  })()`);

serveForEachTest();

describe("pictures on the demo", () => {
  const withChromium = testsInChromium();
  const STILL = [{ name: "prefers-reduced-motion", value: "reduce" }];

  for (const [how, put] of [
    ["chosen", choose],
    ["dropped", (page: Page, name: string) => drop(page, [name])],
  ] as const)
    withChromium(`are read when they are ${how}`, async (browser) => {
      const { page, trouble } = await open(browser, DESK, STILL);
      for (const [name, digit] of READ) {
        await clear(page);
        await put(page, name);
        await waitFor(page, `${VERDICT}.startsWith("This is a ${digit} (")`);
      }
      await waitFor(page, RACED);
      for (const name of ["words.txt", "cut.png", "empty.jpg", "broken.svg"]) {
        await put(page, name);
        await waitFor(page, `${VERDICT} === "${cannotBeRead(name)}"`);
      }
      // What was there is there.
      expect(await page.evaluate(`document.querySelector(".lane.winner strong").textContent`)).toBe("7");
      expect(trouble).toEqual([]);
      await page.close();
    });

  withChromium("are told from folders and words that are dropped", async (browser) => {
    const { page, trouble } = await open(browser, DESK, STILL);
    await drop(page, ["folder"]);
    await waitFor(page, `${VERDICT} === "folder is a folder: drop one picture."`);
    await drop(page, [], [{ mimeType: "text/plain", data: "seven" }]);
    await waitFor(page, `${VERDICT}.startsWith("What was dropped is no file.")`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("are read when they are pasted", async (browser) => {
    const { page, trouble } = await open(browser, DESK, STILL);
    for (const type of ["image/png", "image/jpeg", "image/webp"]) {
      await clear(page);
      await paste(
        page,
        `carrier.items.add("seven", "text/plain");
         carrier.items.add(new File([await drawing.convertToBlob({ type: "${type}" })], "seven", { type: "${type}" }));`,
      );
      await waitFor(page, `${VERDICT}.startsWith("This is a 7 (")`);
    }
    await paste(page, `carrier.items.add("seven", "text/plain");`);
    await waitFor(page, `${VERDICT} === "What was pasted is no picture."`);
    await paste(page, `carrier.items.add(new File(["seven"], "words.txt", { type: "text/plain" }));`);
    await waitFor(page, `${VERDICT} === "${cannotBeRead("words.txt")}"`);
    await paste(page, "");
    await waitFor(page, `${VERDICT} === "What was pasted is no picture."`);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
