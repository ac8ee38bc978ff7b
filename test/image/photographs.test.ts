import { describe, expect, it } from "vitest";
import { PHOTOGRAPH_KINDS, type Photograph } from "../../bench/sets/photographs.ts";
import { PICTURE_KINDS } from "../../bench/sets/pictures.ts";
import { findGlare } from "../../src/image/glare.ts";
import { toGrey } from "../../src/image/grey.ts";
import { type Preprocessed, preprocess } from "../../src/image/preprocess.ts";
import { findSheet } from "../../src/image/sheet.ts";
import { windowMean } from "../../src/image/window.ts";
import { Random, seedOf } from "../../src/random.ts";
import { draw, drawnGlyph, through } from "./drawing.ts";

// Digits drawn of strokes into photographs of every kind; how MNIST's digits fare in them is what bench/pictures.ts prints.

const PER_KIND = 8;
/** The least share of each kind to be found where it is not .75: smears are chalk too. */
const LEAST: Record<string, number> = { "blackboard with smears": 0.6 };
/** Pictures of twelve megapixels take their time. */
const LARGE = 2;

/** Whether what was found lies where the digit does and is about as large. */
function isPlaced({ box, found }: Preprocessed, { digit }: Photograph): boolean {
  const away = Math.max(Math.abs(box.left + box.width / 2 - digit.x), Math.abs(box.top + box.height / 2 - digit.y));
  const size = Math.max(box.width, box.height);
  return found === "digit" && away < 0.2 * digit.size && Math.abs(Math.log(size / digit.size)) < 0.25;
}

describe("preprocess", () => {
  it.each(Object.entries(PHOTOGRAPH_KINDS))("finds digits in photographs: %s", (name, drawn) => {
    const random = new Random(seedOf(1, name));
    const count = name.includes("megapixels") ? LARGE : PER_KIND;
    let placed = 0;
    for (let index = 0; index < count; ++index) {
      const photograph = drawn(drawnGlyph(index, random), random);
      if (isPlaced(preprocess(photograph), photograph)) ++placed;
    }
    expect(placed).toBeGreaterThanOrEqual((LEAST[name] ?? 0.75) * count);
  });
});

describe("findInkLevels", () => {
  it("lets no more of what a sponge left be taken for chalk than looks like it", () => {
    const smeared = PHOTOGRAPH_KINDS["blackboard with smears"] as (typeof PHOTOGRAPH_KINDS)[string];
    const random = new Random(seedOf(6, "smears"));
    const count = 60;
    let placed = 0;
    for (let index = 0; index < count; ++index) {
      const photograph = smeared(drawnGlyph(index, random), random);
      if (isPlaced(preprocess(photograph), photograph)) ++placed;
    }
    expect(placed).toBeGreaterThanOrEqual(0.85 * count);
  });
});

describe("findGlare", () => {
  const glared = PHOTOGRAPH_KINDS["whiteboard with glare"] as (typeof PHOTOGRAPH_KINDS)[string];

  it("lets no glare be taken for ink, whichever way the picture is", () => {
    const random = new Random(seedOf(4, "glare"));
    const count = 40;
    let placed = 0;
    for (let index = 0; index < count; ++index) {
      const photograph = glared(drawnGlyph(index, random), random);
      const seen = preprocess(photograph);
      const inverted = preprocess({ ...photograph, data: photograph.data.map((value) => 1 - value) });
      expect(inverted.box).toEqual(seen.box);
      if (isPlaced(seen, photograph) && seen.ink === "dark" && inverted.ink === "bright") ++placed;
    }
    expect(placed).toBeGreaterThanOrEqual(0.85 * count);
  });

  it("takes no blurred stroke for glare, though there is other ink", () => {
    const random = new Random(seedOf(5, "soft strokes"));
    let spots = 0;
    for (let index = 0; index < 12; ++index) {
      const [width, height] = [120 + random.below(60), 120 + random.below(60)];
      const place = { width, height, left: 20, top: 15, size: 90 };
      const stroke = draw({ ...place, pen: 12 + 6 * random.uniform(), strokes: through([0.5, 0.1], [0.45, 0.6]) });
      const rule = draw({ ...place, pen: 3, strokes: through([0.1, 0.95], [0.9, 0.95]) });
      const { values } = windowMean(windowMean({ values: stroke.data, width, height }, 4), 4);
      const data = values.map((value, at) => 0.9 - 0.6 * Math.max(value, rule.data[at] as number));
      spots += findGlare({ values: data, width, height }).length;
      const { box } = preprocess({ data, width, height });
      expect(box.height).toBeGreaterThan(1.5 * box.width);
    }
    expect(spots).toBeGreaterThan(6);
  });
});

describe("findSheet", () => {
  it("finds the inverted sheet in the inverted picture", () => {
    const random = new Random(seedOf(2, "inverted"));
    const drawn = PHOTOGRAPH_KINDS["sheet on a table"] as (typeof PHOTOGRAPH_KINDS)[string];
    let found = 0;
    for (let index = 0; index < 6; ++index) {
      const grey = toGrey(drawn(drawnGlyph(index, random), random), 800);
      const sheet = findSheet(grey);
      const inverted = findSheet({ ...grey, values: grey.values.map((value) => 1 - value) });
      if (sheet !== undefined) ++found;
      expect([inverted?.left, inverted?.top]).toEqual([sheet?.left, sheet?.top]);
      expect(inverted?.grey.width).toBe(sheet?.grey.width);
    }
    expect(found).toBeGreaterThan(3);
  });

  it.each(["plain", "pale ink", "ring", "box", "ruled paper", "thick ink", "tight crop"])(
    "takes no part of a picture for a sheet that is one itself: %s",
    (name) => {
      const random = new Random(seedOf(3, name));
      for (let index = 0; index < 12; ++index) {
        const picture = (PICTURE_KINDS[name] as (typeof PICTURE_KINDS)[string])(drawnGlyph(index, random), random);
        expect(findSheet(toGrey(picture, 800))).toBeUndefined();
      }
    },
  );

  it("takes no zero for a sheet, whatever lies in it", () => {
    for (const power of [2, 4]) {
      const values = Float32Array.from({ length: 300 * 300 }, (_, index) => {
        const [x, y] = [(index % 300) - 150, Math.floor(index / 300) - 150];
        const ring = ((x / 90) ** power + (y / 120) ** power) ** (1 / power);
        return (ring > 0.8 && ring < 1) || Math.hypot(x, y) < 20 ? 0.1 : 0.9;
      });
      expect(findSheet({ values, width: 300, height: 300 })).toBeUndefined();
    }
  });
});
