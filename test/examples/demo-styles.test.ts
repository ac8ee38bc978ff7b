import { describe, expect } from "vitest";
import { clear, draw, RACED, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { HEIGHTS, PLAIN, write } from "../../scripts/drawing/handwriting.ts";
import { Random } from "../../src/random.ts";
import { DESK, open, serveForEachTest, testsInChromium } from "../support/demo-page.ts";

// Digits drawn on the demo's sheet, each in its plain style; scripts/demo/draw.ts prints how often every style is known.

serveForEachTest();

describe("the demo", () => {
  const withChromium = testsInChromium();

  withChromium("knows each digit as it is drawn with the mouse, in several sizes", async (browser) => {
    const { page, trouble } = await open(browser, DESK, [{ name: "prefers-reduced-motion", value: "reduce" }]);
    const random = new Random(17);
    const heights = Object.values(HEIGHTS);
    const wrong: string[] = [];
    for (const style of PLAIN) {
      await clear(page);
      const strokes = write(style, heights[random.below(heights.length)] as number, random);
      for (const stroke of strokes) await draw(page, stroke, 1);
      await waitFor(page, RACED);
      const verdict = (await page.evaluate(VERDICT)) as string;
      if (!new RegExp(`^This is an? ${style.digit} \\(`).test(verdict)) wrong.push(`${style.digit}: ${verdict}`);
    }
    expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(1);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
