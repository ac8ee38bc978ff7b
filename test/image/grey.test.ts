import { describe, expect, it } from "vitest";
import { toGrey } from "../../src/image/grey.ts";

describe("toGrey", () => {
  it("weighs the colours as the eye does", () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
    const { values } = toGrey({ data, width: 4, height: 1 }, 100);
    [0.299, 0.587, 0.114, 1].forEach((wanted, index) => {
      expect(values[index]).toBeCloseTo(wanted, 5);
    });
  });

  it("averages blocks, also those cut short at the edges", () => {
    const data = Float32Array.of(0, 1, 0.5, 1, 0, 0.5, 0.25, 0.75, 0.125);
    const { values, width, height, factor } = toGrey({ data, width: 3, height: 3 }, 2);
    expect({ width, height, factor }).toEqual({ width: 2, height: 2, factor: 2 });
    expect(Array.from(values)).toEqual([0.5, 0.5, 0.5, 0.125]);
  });

  it("shows white under dark paint and black under bright paint", () => {
    const dark = toGrey({ data: Uint8Array.of(0, 255, 0, 0), width: 2, height: 1, channels: 2 }, 100);
    expect(Array.from(dark.values)).toEqual([0, 1]);
    const bright = toGrey({ data: Uint8Array.of(255, 255, 255, 0), width: 2, height: 1, channels: 2 }, 100);
    expect(Array.from(bright.values)).toEqual([1, 0]);
  });
});
