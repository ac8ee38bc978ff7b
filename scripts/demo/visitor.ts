import type { Page } from "puppeteer-core";

// What a visitor of the demo reads and does, for programs and tests that look at the page. What is read is an expression that the
// page evaluates.

export const text = (id: string) => `document.getElementById("${id}").textContent`;
export const VERDICT = text("verdict");
/** Whether the ten redrawings of what is on the sheet are there, and not those of what was there before the last stroke. */
export const RACED = `${text("race-state")}.startsWith("The ") && !document.querySelector(".redrawings").classList.contains("stale")`;

/** How long what is computed may take, in milliseconds, on a machine that has more to do. */
const LONGEST = 50_000;

/** Waits until something holds on the page; in vain, the error tells what the page says. */
export async function waitFor(page: Page, condition: string, { timeout = LONGEST } = {}): Promise<void> {
  try {
    await page.waitForFunction(condition, { timeout });
  } catch (cause) {
    throw new Error(
      `waited in vain for ${condition}; the page says:\n${await page.evaluate("document.body.innerText")}`,
      { cause },
    );
  }
}

export const press = (page: Page, id: string) => page.evaluate(`document.getElementById("${id}").click()`);

/** Takes everything off the sheet. */
export async function clear(page: Page): Promise<void> {
  await press(page, "clear");
  await waitFor(page, `${VERDICT} === "Draw a digit on the sheet."`);
}

/** Draws a stroke with the mouse, from place to place in [0, 1] on the sheet. @param steps the mouse is seen between two places */
export async function draw(page: Page, places: readonly (readonly [number, number])[], steps = 8): Promise<void> {
  await page.evaluate(`document.getElementById("paper").scrollIntoView({ block: "center", behavior: "instant" })`);
  const box = (await page.evaluate(
    "(({ left, top, width, height }) => ({ left, top, width, height }))(document.getElementById('paper').getBoundingClientRect())",
  )) as { left: number; top: number; width: number; height: number };
  const at = ([x, y]: readonly [number, number]) => [box.left + x * box.width, box.top + y * box.height] as const;
  const [first, ...others] = places as readonly [readonly [number, number], ...(readonly [number, number])[]];
  await page.mouse.move(...at(first));
  await page.mouse.down();
  for (const place of others) await page.mouse.move(...at(place), { steps });
  await page.mouse.up();
}
