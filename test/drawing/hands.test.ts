import { describe, expect, it } from "vitest";
import { drawHands } from "../../scripts/drawing/hands.ts";
import { STYLES } from "../../scripts/drawing/handwriting.ts";

// Digits in hands that MNIST lacks, as they are trained on.

const EACH = 3;
const { pixels, labels } = drawHands(EACH, 1);
const images = Array.from(labels, (_, at) => pixels.subarray(784 * at, 784 * at + 784));

describe("hands", () => {
  it("are of every style, in turn, with its digit", () => {
    expect([...labels]).toEqual(STYLES.flatMap(({ digit }) => Array.from({ length: EACH }, () => digit)));
  });

  it("lie as MNIST's do: 20 pixels along the longer side, the mass in the middle, the brightest ink white", () => {
    images.forEach((image, at) => {
      const inked = [...image.keys()].filter((pixel) => (image[pixel] as number) > 0);
      for (const [place, name] of [
        [(pixel: number) => pixel % 28, "columns"],
        [(pixel: number) => Math.floor(pixel / 28), "rows"],
      ] as const) {
        const places = inked.map(place);
        const mass = inked.reduce((sum, pixel) => sum + (image[pixel] as number), 0);
        const centre = inked.reduce((sum, pixel) => sum + (image[pixel] as number) * (place(pixel) + 0.5), 0) / mass;
        expect(Math.abs(centre - 14.5), `${name} of image ${at}`).toBeLessThan(1);
        // Where the mass lies on no pixel's middle, ink reaches into one pixel more on either side.
        expect(Math.max(...places) - Math.min(...places) + 1, `${name} of image ${at}`).toBeLessThanOrEqual(22);
      }
      expect(Math.max(...image)).toBe(255);
    });
  });

  it("differ from one another, and from seed to seed, but are the same of one seed", () => {
    expect(new Set(images.map((image) => image.join())).size).toBe(images.length);
    expect(drawHands(EACH, 1).pixels).toEqual(pixels);
    expect(drawHands(EACH, 2).pixels).not.toEqual(pixels);
  });

  it("are written with pens from thin to thick", () => {
    const inks = images.map((image) => image.reduce((sum, value) => sum + value / 255, 0));
    expect(Math.max(...inks) / Math.min(...inks)).toBeGreaterThan(3);
  });
});
