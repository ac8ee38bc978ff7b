import { beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { Random } from "../../src/random.ts";
import { readDigits } from "../../src/reading/read-digits.ts";
import { glyphOf } from "../../src/strings/glyph.ts";
import { SURFACES } from "../../src/strings/sheet.ts";
import { ReadingTally } from "../../src/strings/tally.ts";
import { type LabelledGlyph, SPACINGS, writeSheet, writeString } from "../../src/strings/written.ts";

// Digits that the models draw themselves (their prototypes), written into strings and sheets. How MNIST's fare is what bench/strings.ts prints.

let abs: Awaited<ReturnType<typeof createClassifier>>;
let glyphs: LabelledGlyph[];

beforeAll(async () => {
  abs = await createClassifier();
  const { images, labels } = abs.prototypes();
  glyphs = images.flatMap((image, index) => {
    const label = labels[index] as number;
    const { label: seen, confidence } = abs.classify(Float32Array.from(image));
    // Not every prototype is a good digit by itself.
    return index % 4 === 0 && seen === label && confidence > 0.97 ? [{ label, glyph: glyphOf(image, 1, 0.3) }] : [];
  });
});

const pick = (count: number, random: Random): LabelledGlyph[] =>
  Array.from({ length: count }, () => glyphs[random.below(glyphs.length)] as LabelledGlyph);

describe("strings", () => {
  it("are read, spaced, on any surface", () => {
    const random = new Random(5);
    const tally = new ReadingTally();
    for (let index = 0; index < 40; ++index) {
      const surface = SURFACES[index % SURFACES.length] as (typeof SURFACES)[number];
      const written = writeString(pick(5, random), "spaced", surface, random);
      tally.add(
        written,
        readDigits(written.picture, { classifier: abs }).lines.map(({ digits }) => digits),
      );
    }
    expect(tally.recall).toBeGreaterThan(0.9);
    expect(tally.precision).toBeGreaterThan(0.9);
  });

  it("are parted where digits touch", () => {
    const random = new Random(7);
    const tally = new ReadingTally();
    for (let index = 0; index < 240; ++index) {
      const written = writeString(pick(4, random), "touching", "clean", random);
      tally.add(
        written,
        readDigits(written.picture, { classifier: abs }).lines.map(({ digits }) => digits),
      );
    }
    expect(tally.recall).toBeGreaterThan(0.92);
  });

  it("give boxes inside the picture around their ink, in reading order, the same each time, within the effort", () => {
    const random = new Random(7);
    for (const effort of ["quick", "standard", "thorough"] as const) {
      for (const spacing of SPACINGS) {
        const { picture } = writeString(pick(1 + random.below(8), random), spacing, "clean", random);
        const reports: [number, number][] = [];
        const options = {
          classifier: abs,
          effort,
          onProgress: (done: number, total: number) => reports.push([done, total]),
        };
        const reading = readDigits(picture, options);
        expect(readDigits(picture, { classifier: abs, effort })).toEqual(reading);
        expect(reading.classifications).toBeLessThanOrEqual({ quick: 250, standard: 1000, thorough: 4000 }[effort]);
        expect(reports.at(-1)).toEqual([reading.classifications, reading.classifications]);
        expect(reading.text).toBe(reading.lines.map(({ text }) => text).join("\n"));
        const pieces = [...reading.others, ...reading.lines.flatMap(({ digits }) => digits)];
        for (const { box, confidence } of pieces) {
          expect(box.left).toBeGreaterThanOrEqual(0);
          expect(box.top).toBeGreaterThanOrEqual(0);
          expect(box.left + box.width).toBeLessThanOrEqual(picture.width);
          expect(box.top + box.height).toBeLessThanOrEqual(picture.height);
          expect(confidence).toBeGreaterThanOrEqual(0);
          expect(confidence).toBeLessThanOrEqual(1);
        }
        for (const { text, digits } of reading.lines) {
          expect(text).toBe(digits.map(({ name }) => name).join(""));
          const middles = digits.map(({ box }) => box.left + box.width / 2);
          expect(middles).toEqual([...middles].sort((one, other) => one - other));
        }
      }
    }
  });
});

describe("sheets", () => {
  it("come in lines from above", () => {
    const random = new Random(8);
    const written = writeSheet(pick(30, random), 0, "clean", random, { perLine: 6 });
    const { lines } = readDigits(written.picture, { classifier: abs });
    const tops = lines.map(({ box }) => box.top);
    expect(lines).toHaveLength(5);
    expect(tops).toEqual([...tops].sort((one, other) => one - other));
    const tally = new ReadingTally();
    tally.add(
      written,
      lines.map(({ digits }) => digits),
    );
    expect(tally.recall).toBeGreaterThan(0.85);
  });

  it("of more parts than the effort allows are read as far as it does, and say so", () => {
    const size = 800;
    const data = new Float32Array(size * size);
    // Dashes, 4 by 10, of which more than 250 fit.
    for (let y = 0; y < size; ++y)
      for (let x = 0; x < size; ++x) data[y * size + x] = x % 30 < 4 && y % 30 < 10 ? 1 : 0;
    const reading = readDigits({ data, width: size, height: size }, { classifier: abs, effort: "quick" });
    expect(reading.complete).toBe(false);
    expect(reading.classifications).toBeGreaterThan(0);
    expect(reading.classifications).toBeLessThanOrEqual(250);
  });
});

describe("pictures without ink", () => {
  it.each([0, 0.5, 1])("of brightness %f have no lines", (brightness) => {
    const data = new Float32Array(60 * 40).fill(brightness);
    const { lines, text, others } = readDigits({ data, width: 60, height: 40 }, { classifier: abs });
    expect({ lines, text, others }).toEqual({ lines: [], text: "", others: [] });
  });
});

describe("bad input", () => {
  const picture = { data: new Uint8Array(12), width: 4, height: 3 };
  const read = (given: unknown, options: unknown) => () => readDigits(given as never, options as never);

  it("is refused with what came and what was wanted", () => {
    expect(read(picture, undefined)).toThrow(/classifier: got undefined, wanted a classifier/);
    expect(read(picture, { classifier: {} })).toThrow(/classifier: got .*, wanted a classifier/);
    expect(read(picture, { classifier: abs, effort: "much" })).toThrow(/effort: got "much"/);
    expect(read(picture, { classifier: abs, onProgress: 1 })).toThrow(/onProgress: got 1, wanted a function/);
    expect(read(picture, { classifier: abs, efort: "quick" })).toThrow(/efort.*effort/);
    expect(read({ ...picture, width: 5 }, { classifier: abs })).toThrow(RangeError);
    expect(read(null, { classifier: abs })).toThrow(TypeError);
    expect(readDigits(picture, { classifier: abs }).lines).toEqual([]);
  });

  it("counts a classifier that was disposed of, whether anything is drawn or not", async () => {
    const gone = await createClassifier();
    gone.dispose();
    expect(read(picture, { classifier: gone })).toThrow("this classifier has been disposed of");
  });
});
