import type { Random } from "../random.ts";

/** A picture in grey, in [0, 1], row-major. */
export interface GreyPicture {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1;
}

/** What the ink lies on. */
export const SURFACES = ["clean", "ruled", "noisy", "shadowed"] as const;
/** The name of a surface. */
export type Surface = (typeof SURFACES)[number];

/** Ink that is drawn little by little. */
export class Ink {
  readonly values: Float32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.values = new Float32Array(width * height);
  }

  /** Adds ink where there was less, in a rectangle that may reach over the edge. */
  draw(left: number, top: number, width: number, height: number, inkOf: (x: number, y: number) => number): void {
    for (let y = Math.max(0, top); y < Math.min(this.height, top + height); ++y) {
      for (let x = Math.max(0, left); x < Math.min(this.width, left + width); ++x) {
        const ink = inkOf(x - left, y - top);
        const index = y * this.width + x;
        if (ink > (this.values[index] as number)) this.values[index] = ink;
      }
    }
  }
}

/**
 * The ink on a surface: dark on paper or, half of the time, bright on a board. The contrast of ink and surface is random, and a
 * trace of camera noise is on all of them; `noisy` has about five times as much, with a standard deviation of 5 to 10 % of the
 * ink's strength.
 *
 * @param size the height of a digit in pixels, to which rules are spaced
 */
export function onSurface(ink: Ink, surface: Surface, size: number, random: Random): GreyPicture {
  const { width, height, values } = ink;
  const between = (least: number, most: number): number => least + (most - least) * random.uniform();
  const paper = between(0.7, 0.95);
  const strength = between(0.5, 0.95);
  const noise = surface === "noisy" ? between(0.05, 0.1) * strength : between(0, 0.02);
  const isBright = random.below(2) === 1;
  const [step, first, slope, rule] = [
    size * between(0.8, 1.6),
    random.uniform(),
    between(-0.01, 0.01),
    between(0.3, 0.6),
  ];
  const [cornerX, cornerY, reach, depth] = [random.below(2), random.below(2), between(0.5, 1.2), between(0.3, 0.55)];
  const data = new Float32Array(values.length);
  for (let y = 0, index = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x, ++index) {
      let covered = strength * (values[index] as number);
      if (surface === "ruled") {
        const above = ((((y - slope * x) / step + first) % 1) + 1) % 1;
        if (above * step < 1.3) covered = Math.max(covered, rule * strength);
      }
      let light = 1;
      if (surface === "shadowed") {
        const distance = Math.hypot(x / width - cornerX, y / height - cornerY);
        light -= depth * Math.max(0, 1 - distance / reach);
      }
      const grain = random.uniform() + random.uniform() + random.uniform() - 1.5;
      const value = Math.max(0, Math.min(1, paper * light * (1 - covered) + 2 * noise * grain));
      data[index] = isBright ? 1 - value : value;
    }
  }
  return { data, width, height, channels: 1 };
}
