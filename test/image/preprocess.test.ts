import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { preprocess } from "../../src/image/preprocess.ts";
import { draw, grain, largestDifference, mapDrawing, meanDifference } from "./drawing.ts";

const SHEET = { width: 200, height: 180, left: 60, top: 40, size: 90, pen: 10 };
const DIGIT = draw(SHEET);
const CLEAN = preprocess(DIGIT);

/** Rows and columns from the first to the last with a value of at least 0.1. */
function extent(image: Float32Array): { width: number; height: number } {
  const rows = new Set<number>();
  const columns = new Set<number>();
  image.forEach((value, index) => {
    if (value < 0.1) return;
    rows.add(Math.floor(index / 28));
    columns.add(index % 28);
  });
  return {
    width: Math.max(...columns) - Math.min(...columns) + 1,
    height: Math.max(...rows) - Math.min(...rows) + 1,
  };
}

function centreOfMass(image: Float32Array): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0];
  image.forEach((value, index) => {
    mass += value;
    x += value * ((index % 28) + 0.5);
    y += value * (Math.floor(index / 28) + 0.5);
  });
  return { x: x / mass, y: y / mass };
}

describe("preprocess, on a clean drawing", () => {
  it("fits the longer side into 20 pixels, keeping the aspect", () => {
    const { width, height } = extent(CLEAN.image);
    expect(height).toBeGreaterThanOrEqual(20);
    expect(height).toBeLessThanOrEqual(22);
    const drawnAspect = (0.6 * SHEET.size + SHEET.pen) / (SHEET.size + SHEET.pen);
    expect(width / height).toBeCloseTo(drawnAspect, 1);
  });

  it("centres by mass where MNIST does", () => {
    const { x, y } = centreOfMass(CLEAN.image);
    expect(x).toBeCloseTo(14.5, 1);
    expect(y).toBeCloseTo(14.5, 1);
  });

  it("fills the range from 0 to 1", () => {
    expect(Math.max(...CLEAN.image)).toBe(1);
    expect(Math.min(...CLEAN.image)).toBe(0);
  });

  it("tells where the digit lay and how the ink was", () => {
    expect(CLEAN.ink).toBe("bright");
    expect(CLEAN.box.left).toBeGreaterThanOrEqual(54);
    expect(CLEAN.box.left).toBeLessThanOrEqual(56);
    expect(CLEAN.box.top).toBeGreaterThanOrEqual(34);
    expect(CLEAN.box.top).toBeLessThanOrEqual(36);
    expect(CLEAN.box.height).toBeGreaterThanOrEqual(99);
    expect(CLEAN.box.height).toBeLessThanOrEqual(102);
  });

  it("is not moved by where in the frame the digit lies", () => {
    fc.assert(
      fc.property(fc.integer({ min: 8, max: 130 }), fc.integer({ min: 8, max: 76 }), (left, top) => {
        const moved = preprocess(draw({ ...SHEET, left, top }));
        expect(largestDifference(moved.image, CLEAN.image)).toBeLessThan(0.02);
      }),
      { numRuns: 15 },
    );
  });

  it("is not changed by inverting the picture, but for the ink", () => {
    const inverted = preprocess(mapDrawing(DIGIT, (value) => 1 - value));
    expect(inverted.ink).toBe("dark");
    expect(inverted.box).toEqual(CLEAN.box);
    expect(largestDifference(inverted.image, CLEAN.image)).toBeLessThan(1e-5);
  });

  it("gives nearly the same at any size", () => {
    for (const scale of [0.4, 2.5]) {
      const scaled = draw({
        width: SHEET.width * scale,
        height: SHEET.height * scale,
        left: SHEET.left * scale,
        top: SHEET.top * scale,
        size: SHEET.size * scale,
        pen: SHEET.pen * scale,
      });
      expect(meanDifference(preprocess(scaled).image, CLEAN.image)).toBeLessThan(0.02);
    }
  });

  it("changes an MNIST-like frame only a little", () => {
    const framed = preprocess({ data: CLEAN.image, width: 28, height: 28, channels: 1 });
    expect(meanDifference(framed.image, CLEAN.image)).toBeLessThan(0.04);
  });

  it("thickens a thin pen line to what MNIST's strokes are like", () => {
    const thin = preprocess(draw({ ...SHEET, width: 600, height: 600, left: 100, top: 100, size: 400, pen: 7 }));
    const bold = thin.image.filter((value) => value >= 0.5).length;
    // 2.9 times the height of 20 is the length of the strokes; unthickened, 0.35 pixels wide, few pixels reach half.
    expect(bold).toBeGreaterThan(65);
  });
});

describe("preprocess, on pictures as cameras take them", () => {
  const expectFive = (image: Float32Array): void => expect(meanDifference(image, CLEAN.image)).toBeLessThan(0.03);

  it("reads dark ink on unevenly lit paper", () => {
    const lit = mapDrawing(DIGIT, (ink, x, y) => (0.9 - 0.7 * ink) * (1 - 0.45 * x - 0.15 * y));
    const { image, ink } = preprocess(lit);
    expect(ink).toBe("dark");
    expectFive(image);
  });

  it("reads across a shadow that lies slantwise over half the sheet", () => {
    const shaded = mapDrawing(DIGIT, (ink, x, y) => (0.85 - 0.6 * ink) * (x + y > 0.9 ? 0.6 : 1));
    expect(meanDifference(preprocess(shaded).image, CLEAN.image)).toBeLessThan(0.08);
  });

  it("tells the ink although the corners are dark", () => {
    for (const contrast of [0.25, 0.6]) {
      const vignette = mapDrawing(
        DIGIT,
        (ink, x, y) => (0.9 - contrast * ink) * (1 - 1.1 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)),
      );
      const { image, ink } = preprocess(vignette);
      expect(ink).toBe("dark");
      expect(meanDifference(image, CLEAN.image)).toBeLessThan(0.05);
    }
  });

  it("reads across a shadow's edge", () => {
    const shaded = mapDrawing(DIGIT, (ink, x) => (0.9 - 0.75 * ink) * (x > 0.45 ? 0.55 : 1));
    const { image, ink } = preprocess(shaded);
    expect(ink).toBe("dark");
    // The edge itself leaves a faint trace, which moves the digit's box by a fraction of a pixel.
    expect(meanDifference(image, CLEAN.image)).toBeLessThan(0.045);
  });

  it("reads through noise", () => {
    const random = grain(7);
    const noisy = mapDrawing(DIGIT, (ink) => 0.85 - 0.6 * ink + 0.2 * (random() - 0.5));
    expect(meanDifference(preprocess(noisy).image, CLEAN.image)).toBeLessThan(0.05);
  });

  it("reads pale pencil", () => {
    expectFive(preprocess(mapDrawing(DIGIT, (ink) => 0.9 - 0.2 * ink)).image);
  });

  it("ignores specks", () => {
    const specks = draw({ ...SHEET, size: 1, pen: 5, left: 180, top: 15 });
    const both = mapDrawing(DIGIT, (value) => value);
    const data = both.data.map((value, index) => Math.max(value, specks.data[index] as number));
    expect(largestDifference(preprocess({ ...both, data }).image, CLEAN.image)).toBeLessThan(0.02);
  });

  it("ignores a stroke along the frame's edge, however heavy", () => {
    const edged = mapDrawing(DIGIT, (value, x) => (x < 0.08 ? 1 : value));
    const { image, box } = preprocess(edged);
    expect(box.left).toBeGreaterThan(40);
    expectFive(image);
  });

  it("takes a digit that touches the frame when there is nothing better", () => {
    const touching = preprocess(draw({ ...SHEET, left: 60, top: 2 }));
    expect(touching.box.top).toBe(0);
    expect(Math.max(...touching.image)).toBe(1);
    expect(meanDifference(touching.image, CLEAN.image)).toBeLessThan(0.1);
  });

  it("keeps the parts of a digit together", () => {
    const strokes = [
      [
        [0.1, 0],
        [0.6, 0],
      ],
      [
        [0.1, 0.25],
        [0.1, 1],
      ],
    ] as const;
    const { box } = preprocess(draw({ ...SHEET, strokes }));
    expect(box.height).toBeGreaterThanOrEqual(99);
    expect(box.width).toBeGreaterThanOrEqual(50);
  });
});

describe("preprocess, on every form of input", () => {
  it("reads grey, RGB, alpha and 16-bit pixels alike", () => {
    const bytes = Uint8Array.from(DIGIT.data, (value) => Math.round(255 * value));
    const { width, height } = DIGIT;
    const spread = (channels: number, alpha: boolean): Uint8ClampedArray =>
      Uint8ClampedArray.from({ length: bytes.length * channels }, (_, index) =>
        alpha && index % channels === channels - 1 ? 255 : (bytes[Math.floor(index / channels)] as number),
      );
    const words = Uint16Array.from(bytes, (value) => value * 257);
    for (const data of [bytes, spread(2, true), spread(3, false), spread(4, true), words]) {
      const { image, ink } = preprocess({ data, width, height });
      expect(ink).toBe("bright");
      expect(largestDifference(image, CLEAN.image)).toBeLessThan(0.02);
    }
  });

  it("sees ink of either colour on a transparent canvas", () => {
    for (const [paint, ink] of [
      [0, "dark"],
      [255, "bright"],
    ] as const) {
      const data = new Uint8ClampedArray(DIGIT.data.length * 4).fill(paint);
      DIGIT.data.forEach((value, index) => {
        data[4 * index + 3] = Math.round(255 * value);
      });
      const result = preprocess({ data, width: DIGIT.width, height: DIGIT.height });
      expect(result.ink).toBe(ink);
      expect(largestDifference(result.image, CLEAN.image)).toBeLessThan(0.02);
    }
  });

  it("gives a blank image for a blank picture, flat, graded or noisy", () => {
    const random = grain(3);
    const blanks = [
      () => 0,
      () => 1,
      () => 0.5,
      (_: number, x: number) => 0.9 - 0.4 * x,
      () => 0.7 + 0.1 * (random() - 0.5),
    ];
    for (const shade of blanks) {
      const { image, box } = preprocess(mapDrawing(DIGIT, shade));
      expect(image.every((value) => value === 0)).toBe(true);
      expect(box).toEqual({ left: 0, top: 0, width: 200, height: 180 });
    }
  });

  it("copes with pictures of extreme shape", () => {
    for (const [width, height] of [
      [1, 5000],
      [5000, 1],
      [3000, 7],
    ] as const) {
      const data = new Uint8Array(width * height).fill(255);
      data[Math.floor(data.length / 2)] = 0;
      const { image } = preprocess({ data, width, height });
      expect(image.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });

  it("leaves its input as it was", () => {
    const data = DIGIT.data.slice();
    preprocess({ ...DIGIT, data });
    expect(data).toEqual(DIGIT.data);
  });
});

describe("preprocess, on wrong input", () => {
  const pixels = new Uint8Array(12);

  it.each([
    [{ data: pixels, width: 0, height: 3 }, RangeError, "width: got 0, wanted a whole number from 1"],
    [{ data: pixels, width: 4, height: 1.5 }, RangeError, "height: got 1.5, wanted a whole number from 1"],
    [{ data: pixels, width: Number.NaN, height: 3 }, RangeError, "width: got NaN, wanted a whole number from 1"],
    [
      { data: pixels, width: 4, height: 3, channels: 3 },
      RangeError,
      "data: got 12 values, wanted 36 for 4×3 pixels of 3 channels",
    ],
    [
      { data: pixels, width: 5, height: 3 },
      RangeError,
      "data: got 12 values, wanted 5×3 pixels of 1, 2, 3 or 4 channels",
    ],
    [{ data: pixels, width: 4, height: 3, channels: 5 }, RangeError, "channels: got 5, wanted 1, 2, 3 or 4"],
    [{ data: Float32Array.of(0, Number.NaN), width: 2, height: 1 }, RangeError, "got NaN at index 1"],
    [
      { data: Float32Array.of(0, 255), width: 2, height: 1 },
      RangeError,
      "data: got 255 at index 1, wanted a number in [0, 1]",
    ],
  ])("names what came and what is wanted: %#", (input, kind, message) => {
    expect(() => preprocess(input)).toThrow(kind);
    expect(() => preprocess(input)).toThrow(message);
  });

  it.each([
    [{ data: [1, 2, 3, 4], width: 2, height: 2 }, "got Array"],
    [{ data: pixels, width: "4", height: 3 }, 'width: got "4", wanted a whole number from 1'],
    [null, "got null"],
    [undefined, "got undefined"],
  ])("refuses what is of the wrong kind: %#", (input, message) => {
    // What JavaScript callers can pass although the types forbid it.
    const call = (): unknown => preprocess(input as unknown as Parameters<typeof preprocess>[0]);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });
});
