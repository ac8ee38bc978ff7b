/** A rectangle of whole pixels. */
export interface Box {
  /** Columns to the left of it. */
  readonly left: number;
  /** Rows above it. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels of ink that touch one another, also across corners. */
export interface Component {
  /** Indices of its pixels, row-major. */
  readonly pixels: readonly number[];
  /** Sum of their strengths. */
  readonly mass: number;
  readonly box: Box;
  /** Whether one of its pixels lies at the frame's edge. */
  readonly touchesFrame: boolean;
}

/** A stroke at the frame's edge (a table, a shadow, the neighbouring word) counts this share of its mass. */
const FRAME_SHARE = 0.1;
/** A part lighter than this share of the digit is a speck. */
const SPECK_SHARE = 0.04;
/** A part belongs to the digit if the gap between their boxes is at most this share of the digit's longer side. */
const GAP_SHARE = 0.25;

/** Parts the pixels of at least `threshold` into components. */
export function findComponents(strengths: Float32Array, width: number, height: number, threshold: number): Component[] {
  const seen = new Uint8Array(strengths.length);
  const components: Component[] = [];
  for (let first = 0; first < strengths.length; ++first) {
    if (seen[first] === 1 || (strengths[first] as number) < threshold) continue;
    seen[first] = 1;
    const pixels = [first];
    let mass = 0;
    let [left, right, top, bottom] = [width, -1, height, -1];
    // The list grows while it is walked: its tail is the pixels whose neighbours have yet to be looked at.
    for (let next = 0; next < pixels.length; ++next) {
      const index = pixels[next] as number;
      const column = index % width;
      const row = (index - column) / width;
      mass += strengths[index] as number;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row);
      for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); ++y) {
        for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); ++x) {
          const neighbour = y * width + x;
          if (seen[neighbour] === 1 || (strengths[neighbour] as number) < threshold) continue;
          seen[neighbour] = 1;
          pixels.push(neighbour);
        }
      }
    }
    components.push({
      pixels,
      mass,
      box: { left, top, width: right - left + 1, height: bottom - top + 1 },
      touchesFrame: left === 0 || top === 0 || right === width - 1 || bottom === height - 1,
    });
  }
  return components;
}

/**
 * Picks the components that make up the digit: the heaviest, with those at the frame's edge counted little, and the
 * parts near it (the bar of a 5, a 4 in two strokes). Specks, frame strokes and far-off marks are left out.
 */
export function pickDigit(components: readonly Component[]): Component[] {
  const worth = (component: Component): number => component.mass * (component.touchesFrame ? FRAME_SHARE : 1);
  const main = components.reduce<Component | undefined>(
    (best, component) => (best === undefined || worth(component) > worth(best) ? component : best),
    undefined,
  );
  if (main === undefined) return [];
  const reach = GAP_SHARE * Math.max(main.box.width, main.box.height);
  return components.filter(
    (component) =>
      component === main ||
      (component.mass >= SPECK_SHARE * main.mass &&
        component.touchesFrame === main.touchesFrame &&
        gapBetween(component.box, main.box) <= reach),
  );
}

/** The wider of the gaps between two boxes along the axes, 0 when they overlap along both. */
function gapBetween(one: Box, other: Box): number {
  const across = Math.max(one.left - (other.left + other.width), other.left - (one.left + one.width));
  const down = Math.max(one.top - (other.top + other.height), other.top - (one.top + one.height));
  return Math.max(0, across, down);
}
