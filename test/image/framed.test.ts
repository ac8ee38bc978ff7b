import { describe, expect, it } from "vitest";
import { asFrame, asFramedDigit } from "../../src/image/framed.ts";
import { draw, mapDrawing } from "./drawing.ts";

const FRAME = draw({ width: 28, height: 28, left: 8, top: 4, size: 19, pen: 2.5 });

describe("asFramedDigit", () => {
  it("lets an MNIST-like frame pass unchanged", () => {
    expect(asFramedDigit(FRAME)).toEqual(FRAME.data);
  });

  it("lets nothing else pass", () => {
    expect(asFramedDigit(mapDrawing(FRAME, (value) => 1 - value))).toBeUndefined();
    expect(asFramedDigit(mapDrawing(FRAME, () => 0))).toBeUndefined();
    expect(asFramedDigit(mapDrawing(FRAME, (value, x) => Math.max(value, x < 0.2 ? 0.8 : 0)))).toBeUndefined();
    expect(asFramedDigit(draw({ width: 29, height: 28, left: 8, top: 4, size: 19, pen: 2.5 }))).toBeUndefined();
  });
});

describe("asFrame", () => {
  it("takes 28×28 pixels as they are and names any other size", () => {
    const inverted = mapDrawing(FRAME, (value) => 1 - value);
    expect(asFrame(inverted)).toEqual(inverted.data);
    expect(() => asFrame({ data: new Uint8Array(6), width: 3, height: 2 })).toThrow("must be 28×28, got 3×2");
  });
});
