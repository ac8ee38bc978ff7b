import { describe, expect, it } from "vitest";
import { summarise } from "../../src/cli/attack/document.ts";
import type { ShownChange } from "../../src/cli/attack/gallery.ts";
import { reportOf } from "../../src/cli/attack/report/report.ts";
import type { AttackRecord, NormPlan } from "../../src/cli/attack/results.ts";
import { html } from "../../src/cli/report/markup.ts";
import { decodePngImage } from "../../src/files/png.ts";
import type { PixelImage } from "../../src/image/pixel-image.ts";

const PLAN: readonly NormPlan[] = [
  { norm: "linf", attacks: ["one"] },
  { norm: "l2", attacks: ["one", "<two>"] },
  { norm: "l1", attacks: ["one"] },
];
const IMAGES = 20;

const record = (image: number, norm: AttackRecord["norm"], attack: string): AttackRecord => ({
  image,
  truth: image % 3,
  norm,
  attack,
  // Every fifth image is wrong as it is, and nothing is found for the last ones.
  distance: image % 5 === 0 ? 0 : image > 16 ? Number.POSITIVE_INFINITY : image / (norm === "linf" ? 50 : 5),
  label: image > 16 && image % 5 > 0 ? image % 3 : (image % 3) + 1,
  queries: 10,
  milliseconds: 2,
});

function change(image: number): ShownChange {
  const original = new Float32Array(784).fill(0.5);
  const changed = original.slice();
  changed[0] = 1;
  changed[1] = 0.25;
  return { ...record(image, "l2", "<two>"), original, changed, redrawnAsTruth: original, redrawnAsLabel: changed };
}

function report(images = IMAGES): string {
  const results = PLAN.flatMap(({ norm, attacks }) =>
    attacks.flatMap((attack) => Array.from({ length: images }, (_, image) => record(image, norm, attack))),
  );
  const run = summarise({
    version: "1.2.3",
    split: "test",
    dataSha256: "d".repeat(64),
    weightsSha256: null,
    inference: "race",
    effort: "standard",
    variant: "abs",
    budget: null,
    seed: 0,
    plan: PLAN,
    classes: ["0", "<b>1</b>", "2", "3"],
    offset: 0,
    images: IMAGES,
    results,
    gallery: images === 0 ? [] : [change(1), change(2)],
  });
  return reportOf(run, { commandLine: ["attack", "--data", "it's here", "--out", "a.html"], seconds: 75 });
}

/** The elements of a page, after a check that every one that is opened is closed in its place. */
function elements(page: string): { name: string; attributes: string }[] {
  const found: { name: string; attributes: string }[] = [];
  const open: string[] = [];
  const style = /<style>[\s\S]*?<\/style>/;
  for (const [tag, closing, name = "", attributes = ""] of page
    .replace(style, "<style></style>")
    .matchAll(/<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z-]+="[^"<>]*")*)\s*(?:\/?)>|<|>/g)) {
    if (tag === "<" || tag === ">") throw new Error("a < or > that belongs to no tag");
    if (closing === "/") expect(open.pop()).toBe(name);
    else found.push({ name, attributes });
    const isVoid = ["meta", "img", "br"].includes(name) || tag.endsWith("/>");
    if (closing !== "/" && !isVoid) open.push(name);
  }
  expect(open).toEqual([]);
  return found;
}

const page = report();
const body = page.replace(/^<!doctype html>\n/, "");

describe("the report of attacks", () => {
  it("is a whole page without script, and without anything from elsewhere", () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    const found = elements(body);
    for (const forbidden of ["script", "link", "iframe", "object", "base", "a"]) {
      expect(found.filter(({ name }) => name === forbidden)).toEqual([]);
    }
    expect(page).not.toMatch(/https?:|url\(|@import|\bon[a-z]+="/);
    const addresses = Array.from(page.matchAll(/\b(?:src|href|srcset|data)="([^"]*)"/g), ([, address]) => address);
    expect(addresses).toHaveLength(2 * 5);
    for (const address of addresses) expect(address).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/);
  });

  it("embeds the pictures as they are", () => {
    const pictures = Array.from(page.matchAll(/base64,([^"]*)"/g), ([, text]) => Buffer.from(text as string, "base64"));
    const [original, changed, difference] = pictures.map((bytes) => decodePngImage(bytes)) as [
      PixelImage,
      PixelImage,
      PixelImage,
    ];
    expect([original.width, original.height]).toEqual([28, 28]);
    expect(Array.from(original.data.slice(0, 3))).toEqual([128, 128, 128]);
    expect(Array.from(changed.data.slice(0, 3))).toEqual([255, 64, 128]);
    // Brighter in orange, half as much darker in half as strong a blue.
    expect(Array.from(difference.data.slice(0, 9))).toEqual([185, 71, 0, 118, 163, 208, 235, 235, 235]);
  });

  it("names what it shows for those who do not see it", () => {
    const found = elements(body);
    for (const { attributes } of found.filter(({ name }) => name === "img"))
      expect(attributes).toMatch(/ alt="[^"]{10,}"/);
    const drawings = found.filter(({ name }) => name === "svg");
    expect(drawings).toHaveLength(PLAN.length);
    for (const { attributes } of drawings) {
      const [, ids = ""] = /aria-labelledby="([^"]*)"/.exec(attributes) ?? [];
      for (const id of ids.split(" ")) expect(page).toContain(`id="${id}"`);
    }
    const tables = found.filter(({ name }) => name === "table").length;
    expect(found.filter(({ name }) => name === "caption")).toHaveLength(tables);
    for (const { attributes } of found.filter(({ name }) => name === "th"))
      expect(attributes).toMatch(/scope="(col|row)"/);
  });

  it("draws the share that is left at each distance", () => {
    const [, path = ""] = /<path class="minimum" d="([^"]*)"/.exec(page) ?? [];
    // 4 of 20 are wrong at once; of the others 13 fall within the distances, one after the other.
    const heights = Array.from(path.matchAll(/V([0-9.]+)/g), ([, height]) => Number(height));
    expect(heights).toEqual(heights.toSorted((one, other) => one - other));
    expect(heights).toHaveLength(13);
    const [, start] = /^M56 ([0-9.]+)/.exec(path) ?? [];
    expect(Number(start)).toBeCloseTo(16 + 0.2 * (340 - 16 - 48), 1);
  });

  it("sets the numbers beside the paper's", () => {
    expect(page).toMatch(/ABS, this run<\/th><td>80\.0 %<\/td><td>1\.50<\/td><td>50\.0 %<\/td>/);
    expect(page).toContain("<td>not run</td>");
    expect(page).toMatch(/ABS, paper<\/th><td>99\.0 %<\/td><td>2\.24<\/td><td>80 %<\/td><td>0\.23<\/td><td>8 %<\/td>/);
    expect(page).toMatch(/at once \(L∞ 0\.3, L2 2, L1 10\): <strong>\d+\.\d %<\/strong> of\s20 images/);
  });

  it("tells how it was made, in words that can be pasted", () => {
    expect(page).toContain("abs attack --data &#39;it&#39;\\&#39;&#39;s here&#39; --out a.html");
    expect(page).toContain("<dt>time by the clock</dt><dd>1 min 15 s</dd>");
  });

  it("shows names of classes and attacks as text", () => {
    expect(page).toContain("&lt;b&gt;1&lt;/b&gt; → 2");
    expect(page).toContain("&lt;two&gt;");
    expect(html`${"<&>"}${[html`<i>`, html`${"'"}`]}`.text).toBe("&lt;&amp;&gt;<i>&#39;");
  });

  it("is a page before there is any result", () => {
    const empty = report(0);
    elements(empty.replace(/^<!doctype html>\n/, ""));
    expect(empty).toContain("Not complete: 0 attacks");
    expect(empty).not.toContain("NaN");
  });
});
