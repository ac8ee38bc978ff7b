import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import { afterAll, describe, expect } from "vitest";
import { press, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { draw } from "../image/drawing.ts";
import { DESK, open, serveForEachTest, testsInChromium } from "../support/demo-page.ts";

// The demo's camera: Chromium takes a film in place of one, and answers its own question.

const folder = mkdtempSync(join(tmpdir(), "abs-demo-camera-"));
afterAll(() => rmSync(folder, { recursive: true }));

const CAMERA = "--use-fake-device-for-media-stream";
const TAKE_IS_READY = `!document.getElementById("camera-take").disabled`;
const IS_OPEN = `document.getElementById("camera-dialog").open`;

/** A film of one frame, YUV4MPEG2, wider than high: a five in dark ink on grey paper, with a one at the edge that is cut off. */
function film(): string {
  const [width, height] = [640, 360];
  const five = draw({ width, height, left: 260, top: 60, size: 220, pen: 22 });
  const one = draw({
    width,
    height,
    left: 30,
    top: 60,
    size: 220,
    pen: 22,
    strokes: [
      [
        [0, 0],
        [0, 1],
      ],
    ],
  });
  const luma = five.data.map((ink, pixel) => 200 - 160 * Math.max(ink, one.data[pixel] as number));
  const path = join(folder, "five.y4m");
  writeFileSync(
    path,
    Buffer.concat([
      Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\nFRAME\n`),
      Uint8Array.from(luma),
      new Uint8Array((width * height) / 2).fill(128),
    ]),
  );
  return path;
}

/** Keeps hold of what the camera gives, so that it can be asked whether it was let go of. */
const keepTracks = (page: Page) =>
  page.evaluate(`{
    const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await given(wanted);
      window.tracks.push(...stream.getTracks());
      return stream;
    };
  }`);
const STATES = "window.tracks.map(({ readyState }) => readyState)";

serveForEachTest();

describe("the demo's camera", () => {
  const withCamera = testsInChromium([
    CAMERA,
    "--use-fake-ui-for-media-stream",
    `--use-file-for-fake-video-capture=${film()}`,
  ]);

  withCamera("takes the digit in the middle, and lets go", async (browser) => {
    const { page, trouble } = await open(browser, DESK);
    await keepTracks(page);
    // Pressed twice, it is asked for once.
    await page.evaluate(`for (const _ of [1, 2]) document.getElementById("camera").click()`);
    await waitFor(page, TAKE_IS_READY);
    expect(await page.evaluate(STATES)).toEqual(["live"]);
    expect(await page.evaluate(`[${IS_OPEN}, document.activeElement.id]`)).toEqual([true, "camera-take"]);
    // The keyboard is where it is wanted.
    await page.keyboard.press("Enter");
    await waitFor(page, `${VERDICT}.startsWith("This is a 5 (")`);
    expect(await page.evaluate(IS_OPEN)).toBe(false);
    expect(await page.evaluate(STATES)).toEqual(["ended"]);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withCamera("is let go of by Escape, and started again", async (browser) => {
    const { page, trouble } = await open(browser, DESK);
    await keepTracks(page);
    for (const states of [["ended"], ["ended", "ended"]]) {
      await press(page, "camera");
      await waitFor(page, TAKE_IS_READY);
      await page.keyboard.press("Escape");
      await waitFor(page, `!${IS_OPEN} && ${STATES}.join() === "${states.join()}"`);
    }
    // The sheet is as it was.
    expect(await page.evaluate(VERDICT)).toMatch(/^This is a 2 \(/);
    // Closed as soon as it is there, nothing is complained of.
    await page.evaluate(`{
      const dialog = document.getElementById("camera-dialog");
      dialog.showModal = () => { HTMLDialogElement.prototype.showModal.call(dialog); dialog.close(); };
    }`);
    await press(page, "camera");
    await waitFor(page, `${STATES}.join() === "ended,ended,ended"`);
    expect(await page.evaluate(VERDICT)).toMatch(/^This is a 2 \(/);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withCamera("says that it was taken away", async (browser) => {
    const { page, trouble } = await open(browser, DESK);
    await keepTracks(page);
    await press(page, "camera");
    await waitFor(page, TAKE_IS_READY);
    // What a browser does when the plug is pulled.
    await page.evaluate(`window.tracks[0].dispatchEvent(new Event("ended"))`);
    await waitFor(page, `${VERDICT} === "The camera cannot be used: it was taken away."`);
    expect(await page.evaluate(IS_OPEN)).toBe(false);
    expect(trouble).toEqual([]);
    await page.close();
  });
});

for (const { name, options, said } of [
  {
    name: "is not allowed",
    options: [CAMERA, "--use-fake-ui-for-media-stream=deny"],
    said: "the browser does not allow it to this page",
  },
  { name: "is none", options: [], said: "there is none" },
])
  describe(`a camera that ${name}`, () => {
    const withChromium = testsInChromium(options);

    withChromium("is said to be so", async (browser) => {
      const { page, trouble } = await open(browser, DESK);
      await press(page, "camera");
      await waitFor(page, `${VERDICT} === "The camera cannot be used: ${said}."`);
      expect(await page.evaluate(IS_OPEN)).toBe(false);
      expect(trouble).toEqual([]);
      await page.close();
    });
  });
