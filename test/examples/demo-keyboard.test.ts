import type { Page } from "puppeteer-core";
import { describe, expect } from "vitest";
import { RACED, text, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { answersIn, DESK, headlinesIn, open, serveForEachTest, testsInChromium } from "../support/demo-page.ts";

// The demo without a mouse: every control is reached in the order in which it stands, and every panel is used.

serveForEachTest();

const FOCUSED = "document.activeElement.id";

async function type(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

/** Goes on from control to control until one has the focus. */
async function goTo(page: Page, id: string): Promise<void> {
  for (let step = 0; step < 60; ++step) {
    if ((await page.evaluate(FOCUSED)) === id) return;
    await type(page, "Tab");
  }
  throw new Error(`the key Tab does not lead to ${id}`);
}

describe("the demo by keyboard", () => {
  const withChromium = testsInChromium();
  // A browser excuses what shifts within half a second of a key; answers that come later have no excuse.
  const LATE = `window.Worker = class extends Worker {
    postMessage(...request) {
      setTimeout(() => super.postMessage(...request), 600);
    }
  };`;
  const STILL = [{ name: "prefers-reduced-motion", value: "reduce" }];

  withChromium("leads through all controls and out again", async (browser) => {
    const { page, trouble } = await open(browser, DESK, STILL);
    await waitFor(page, `!document.getElementById("attack-start").disabled`);
    for (const name of ["fool", "imagine", "unrecognisable", "certify"]) {
      await page.evaluate(`document.getElementById("tab-${name}").click()`);
      // It goes for a walk as soon as it is opened.
      await waitFor(page, `!document.getElementById("walk-start").disabled`);
      await page.evaluate(`{
        window.controls = [...document.querySelectorAll("a[href], button, select, input, [tabindex]")].filter(
          (control) => control.tabIndex === 0 && !control.disabled && control.checkVisibility({ visibilityProperty: true }));
        window.controls[0].focus();
      }`);
      const count = (await page.evaluate("window.controls.length")) as number;
      expect(count).toBeGreaterThan(10);
      const met: unknown[] = [];
      for (let index = 0; index < count; ++index) {
        if (index > 0) await type(page, "Tab");
        met.push(await page.evaluate("window.controls.indexOf(document.activeElement)"));
        // Where the focus is can be seen.
        expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle"), String(met)).toBe("solid");
      }
      expect(met, name).toEqual(Array.from({ length: count }, (_, index) => index));
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("uses every panel, and nothing shifts that was not asked to", async (browser) => {
    const { page, trouble } = await open(browser, DESK, STILL, LATE);
    await page.evaluate(`{
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const { hadRecentInput, value, sources } of list.getEntries())
          if (!hadRecentInput) window.shifts.push([value, ...sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
      }).observe({ type: "layout-shift", buffered: true });
    }`);
    await waitFor(page, `!document.getElementById("attack-start").disabled`);

    await goTo(page, "tab-fool");
    await type(page, "Tab", "Tab");
    // Noise on the image, and the square stays where it is as long as it covers nothing.
    await type(page, "ArrowRight", "ArrowRight", "ArrowRight");
    await waitFor(page, `document.querySelector("#spoil-sliders input").value === "0.06"`);
    expect(
      await page.evaluate(`[...document.querySelectorAll("#spoil-sliders input")].map(({ disabled }) => disabled)`),
    ).toEqual([false, false, false, false, true]);
    await goTo(page, "spoil-reset");
    await type(page, "Enter");
    await goTo(page, "attack-method");
    // The boundary attack, which asks long.
    await type(page, "l", "a");
    await goTo(page, "attack-start");
    await type(page, "Enter");
    expect(await page.evaluate(FOCUSED)).toBe("attack-stop");
    await waitFor(page, `document.querySelector("#attacked .abs .details").textContent.includes("questions")`);
    // Stopped where the focus is; it goes back to where it came from.
    await type(page, "Enter");
    await waitFor(page, `${headlinesIn("attacked")}[0] === "stopped" && ${FOCUSED} === "attack-start"`);

    await page.focus("#tab-fool");
    await type(page, "ArrowRight");
    await goTo(page, "imagine-label");
    await type(page, "7");
    await goTo(page, "imagine-middle");
    await type(page, "Enter");
    await waitFor(page, `${text("imagined-verdict")}.startsWith("The classifier says: 7, ")`);
    await goTo(page, "imagine-use");
    await type(page, "Enter");
    await waitFor(page, `${VERDICT}.startsWith("This is a 7 (") && ${RACED}`);
    await goTo(page, "walk-start");
    await type(page, "Enter");
    await waitFor(page, `!document.getElementById("walk-start").disabled && ${FOCUSED} === "walk-start"`);
    expect(await page.evaluate(`document.querySelectorAll("#walk .said[role]").length`)).toBe(11);

    await page.focus("#tab-imagine");
    await type(page, "ArrowRight");
    await goTo(page, "ascend-start");
    await type(page, "Enter");
    expect(await page.evaluate(FOCUSED)).toBe("ascend-stop");
    await type(page, "Enter");
    await waitFor(page, `${headlinesIn("ascended")}[0] === "stopped" && ${FOCUSED} === "ascend-start"`);

    await page.focus("#tab-unrecognisable");
    await type(page, "ArrowRight");
    await goTo(page, "certify-samples");
    await type(page, "ArrowUp");
    await goTo(page, "certify-start");
    await type(page, "Enter");
    await waitFor(page, `${text("certify-result")}.includes(" of 200 say 7")`);
    await waitFor(page, `${FOCUSED} === "certify-start"`);

    expect(await page.evaluate(answersIn("answers"))).toEqual(["7", "7", "7"]);
    expect(await page.evaluate("window.shifts")).toEqual([]);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
