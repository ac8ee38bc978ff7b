import { describe, expect } from "vitest";
import { draw, press, text, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import {
  answersIn,
  BRIGHTNESS,
  choose,
  DESK,
  headlinesIn,
  open,
  SEVEN,
  serveForEachTest,
  testsInChromium,
} from "../support/demo-page.ts";

// What the demo's tabs do with what is on the sheet.

serveForEachTest();

describe("the demo's panels", () => {
  const withChromium = testsInChromium();

  withChromium("shows networks that are fooled, and undoes what was spoilt", async (started) => {
    const { page, trouble } = await open(started, DESK);
    const set = (name: string, value: number) =>
      page.evaluate(`{
        const row = [...document.querySelectorAll("#spoil-sliders label")].find(({ textContent }) => textContent.startsWith("${name}"));
        const slider = row.querySelector("input");
        slider.value = ${value};
        slider.dispatchEvent(new Event("input", { bubbles: true }));
      }`);
    await set("Noise", 0.12);
    await set("Stripes", 0.4);
    await waitFor(page, `${answersIn("spoilt-answers")}[1] !== "2"`);
    expect(((await page.evaluate(answersIn("spoilt-answers"))) as string[])[0]).toBe("2");
    expect(await page.evaluate(`document.querySelector("#spoilt-answers .plain").className`)).toContain("fooled");
    await press(page, "spoil-reset");
    await waitFor(page, `${answersIn("spoilt-answers")}.every((answer) => answer === "2")`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("stops an attack at any time, and starts another", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await waitFor(page, `document.getElementById("attack-method").options.length > 5`);
    await choose(page, "attack-method", "boundary");
    await press(page, "attack-start");
    await waitFor(page, `document.querySelector("#attacked .abs .details").textContent.includes("questions")`);
    await press(page, "attack-stop");
    await waitFor(page, `!document.getElementById("attack-start").disabled`);
    expect(((await page.evaluate(headlinesIn("attacked"))) as string[])[0]).toBe("stopped");
    await choose(page, "attack-method", "deepfool");
    await press(page, "attack-start");
    await waitFor(page, `${headlinesIn("attacked")}.every((words) => /^(Says|Takes|Withstood)/.test(words))`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("imagines digits, walks between two, and puts one on the sheet", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "tab-imagine");
    await choose(page, "imagine-label", "8");
    await waitFor(page, `${text("imagined-verdict")}.startsWith("The classifier says: 8, ")`);
    const average = await page.evaluate(BRIGHTNESS("imagined"));
    await press(page, "imagine-random");
    await waitFor(page, `${BRIGHTNESS("imagined")} !== ${String(average)}`);
    await press(page, "imagine-middle");
    await waitFor(page, `${BRIGHTNESS("imagined")} === ${String(average)}`);
    await press(page, "imagine-use");
    await waitFor(page, `${VERDICT}.startsWith("This is an 8 (")`);
    for (const [from, to] of [
      ["0", "1"],
      ["6", "6"],
    ] as const) {
      await choose(page, "walk-from", from);
      await choose(page, "walk-to", to);
      await press(page, "walk-start");
      await waitFor(page, `!document.getElementById("walk-start").disabled`);
      const said = (await page.evaluate(
        `[...document.querySelectorAll("#walk .said")].map(({ textContent }) => textContent)`,
      )) as string[];
      expect(said).toHaveLength(11);
      expect([said[0], said.at(-1)]).toEqual([from, to]);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("climbs from noise until a network is sure of a digit", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "tab-unrecognisable");
    await press(page, "ascend-start");
    await waitFor(page, `${headlinesIn("ascended")}[1] === "Sure that this is a 5"`);
    await press(page, "ascend-stop");
    await waitFor(page, `!document.getElementById("ascend-start").disabled`);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("ends a vote when the image or the question changes, and shows nothing of it", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await press(page, "tab-certify");
    // So many that it does not end by itself.
    await page.evaluate(`document.getElementById("certify-samples").add(new Option("100000"))`);
    await choose(page, "certify-samples", "100000");
    const VOTES = `[...document.querySelectorAll("#tally .count")].reduce((sum, { textContent }) => sum + Number(textContent), 0)`;
    for (const [change, words] of [
      [() => draw(page, SEVEN), "Stopped: the image changed."],
      [() => press(page, "sample"), "Stopped: the image changed."],
      [() => choose(page, "certify-sigma", "0.5"), "Stopped: what is asked changed."],
    ] as const) {
      // All that the change before brought with it is over.
      await waitFor(page, `${text("certified")} !== "…"`);
      await press(page, "certify-start");
      await waitFor(page, `${VOTES} > 0`);
      await change();
      await waitFor(page, `${text("certify-result")} === "${words}"`);
      // Long enough for what was under way to be heard of, were it not ended.
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))");
      expect(await page.evaluate(VOTES)).toBe(0);
      expect(await page.evaluate(`document.getElementById("certify-start").disabled`)).toBe(false);
    }
    // What was found is forgotten with what it was about.
    await choose(page, "certify-samples", "200");
    await press(page, "certify-start");
    await waitFor(page, `${text("certify-result")}.length > 40`);
    await choose(page, "certify-model", "plain");
    expect(await page.evaluate(text("certify-result"))).toBe("");
    expect(await page.evaluate(VOTES)).toBe(0);
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("ends an attack when the image or its spoiling changes", async (started) => {
    const { page, trouble } = await open(started, DESK);
    await waitFor(page, `!document.getElementById("attack-start").disabled`);
    for (const change of [
      () => draw(page, SEVEN),
      () =>
        page.evaluate(`{
          const slider = document.querySelector("#spoil-sliders input");
          slider.value = 0.3;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
        }`),
      () => press(page, "clear"),
    ]) {
      // Nothing that the change before brought with it is under way, and nothing spoils the image: it would end the attack, or
      // leave it nothing to do.
      await press(page, "spoil-reset");
      await waitFor(page, `${text("certified")} !== "…"`);
      await choose(page, "attack-method", "boundary");
      await press(page, "attack-start");
      await waitFor(page, `document.querySelector("#attacked .abs .details").textContent.includes("questions")`);
      await change();
      await waitFor(page, `${headlinesIn("attacked")}[0] === "stopped: the image changed"`);
      await page.evaluate("new Promise((resolve) => setTimeout(resolve, 300))");
      expect(await page.evaluate(`document.querySelector("#attacked .abs .details").textContent`)).toBe("");
      expect(await page.evaluate(`document.getElementById("attack-start").disabled`)).toBe(false);
    }
    expect(trouble).toEqual([]);
    await page.close();
  });

  withChromium("says nothing of an earlier image while another one is drawn", async (started) => {
    const { page, trouble } = await open(started, DESK);
    const IS_STALE = `document.querySelector(".redrawings").classList.contains("stale")`;
    expect(await page.evaluate(IS_STALE)).toBe(false);
    const box = (await page.evaluate(
      `(({ left, top }) => ({ left, top }))(document.getElementById("paper").getBoundingClientRect())`,
    )) as { left: number; top: number };
    await page.mouse.move(box.left + 30, box.top + 30);
    await page.mouse.down();
    await page.mouse.move(box.left + 60, box.top + 30, { steps: 4 });
    await waitFor(page, `${IS_STALE} && ${text("certified")} === "…" && ${text("estimated")} === "…"`);
    await page.mouse.up();
    await waitFor(page, `!${IS_STALE} && ${text("certified")} !== "…"`);
    // An example that is asked for just before the sheet is cleared comes too late.
    await page.evaluate(`document.getElementById("sample").click(); document.getElementById("clear").click()`);
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))");
    await waitFor(page, `${VERDICT} === "Draw a digit on the sheet."`);
    expect(trouble).toEqual([]);
    await page.close();
  });
});
