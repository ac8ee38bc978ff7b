import { describe, expect, it } from "vitest";
import { asFrame, asFramedDigit, fitsMnist } from "../../src/image/framed.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { draw, mapDrawing } from "./drawing.ts";

const { image } = preprocess(draw({ width: 200, height: 180, left: 60, top: 40, size: 90, pen: 9 }));
const FRAME = { data: image, width: 28, height: 28, channels: 1 } as const;

describe("asFramedDigit", () => {
  it("lets an MNIST-like frame pass unchanged", () => {
    expect(asFramedDigit(FRAME)).toEqual(FRAME.data);
  });

  it("lets nothing else pass", () => {
    expect(asFramedDigit(mapDrawing(FRAME, (value) => 1 - value))).toBeUndefined();
    expect(asFramedDigit(mapDrawing(FRAME, () => 0))).toBeUndefined();
    expect(asFramedDigit(mapDrawing(FRAME, (value, x) => Math.max(value, x < 0.2 ? 0.8 : 0)))).toBeUndefined();
    expect(asFramedDigit(mapDrawing(FRAME, (value) => 0.9 * value))).toBeUndefined();
    expect(asFramedDigit(draw({ width: 29, height: 28, left: 8, top: 4, size: 19, pen: 2.5 }))).toBeUndefined();
  });

  it("lets no digit pass that is smaller or larger than MNIST's, off its centre, or of other strokes", () => {
    for (const size of [8, 12, 15, 21, 24]) {
      const resized = { width: 28, height: 28, left: 14.5 - 0.32 * size, top: 14.5 - 0.46 * size, size };
      expect(asFramedDigit(draw({ ...resized, pen: 2 }))).toBeUndefined();
      expect(asFramedDigit(draw({ ...resized, size: size - 4, pen: 6 }))).toBeUndefined();
    }
    for (const [across, down] of [
      [-2, 0],
      [2, 1],
      [0, -2],
      [-1, 3],
    ] as const) {
      const shifted = FRAME.data.map((_, index) => FRAME.data[index - across - 28 * down] ?? 0);
      expect(asFramedDigit({ ...FRAME, data: shifted })).toBeUndefined();
    }
  });
});

describe("fitsMnist", () => {
  it("says which pictures need no preprocessing", () => {
    expect(fitsMnist(FRAME)).toBe(true);
    expect(fitsMnist(mapDrawing(FRAME, (value) => 1 - value))).toBe(false);
    expect(() => fitsMnist({ data: new Uint8Array(6), width: 4, height: 2 })).toThrow("wanted 4×2 pixels");
  });
});

describe("asFrame", () => {
  it("takes 28×28 pixels as they are and names any other size", () => {
    const inverted = mapDrawing(FRAME, (value) => 1 - value);
    expect(asFrame(inverted)).toEqual(inverted.data);
    expect(() => asFrame({ data: new Uint8Array(6), width: 3, height: 2 })).toThrow("must be 28×28, got 3×2");
  });
});
