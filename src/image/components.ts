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
  /** How many of its pixels lie at the frame's edge. */
  readonly atFrame: number;
}

/** Parts the pixels of at least `threshold` into components. */
export function findComponents(strengths: Float32Array, width: number, height: number, threshold: number): Component[] {
  const seen = new Uint8Array(strengths.length);
  const components: Component[] = [];
  for (let first = 0; first < strengths.length; ++first) {
    if (seen[first] === 1 || (strengths[first] as number) < threshold) continue;
    seen[first] = 1;
    const pixels = [first];
    let mass = 0;
    let atFrame = 0;
    let [left, right, top, bottom] = [width, -1, height, -1];
    // The list grows while it is walked: its tail is the pixels whose neighbours have yet to be looked at.
    for (let next = 0; next < pixels.length; ++next) {
      const index = pixels[next] as number;
      const column = index % width;
      const row = (index - column) / width;
      mass += strengths[index] as number;
      if (column === 0 || row === 0 || column === width - 1 || row === height - 1) ++atFrame;
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
      atFrame,
    });
  }
  return components;
}

/** The smallest box around all components, or other things with a box; empty where there are none. */
export function around(components: readonly { readonly box: Box }[]): Box {
  if (components.length === 0) return { left: 0, top: 0, width: 0, height: 0 };
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
  // Not by Math.min of all: there may be more than a call takes arguments.
  for (const { box } of components) {
    left = Math.min(left, box.left);
    right = Math.max(right, box.left + box.width);
    top = Math.min(top, box.top);
    bottom = Math.max(bottom, box.top + box.height);
  }
  return { left, top, width: right - left, height: bottom - top };
}

/**
 * Components whose first row is one of a box's. A picture may have so many that all pairs of them are too many to look at.
 *
 * @param byTop in the order of their first rows
 */
export function startingBeside(byTop: readonly Component[], { top, height }: Box): readonly Component[] {
  return byTop.slice(firstFrom(byTop, top), firstFrom(byTop, top + height));
}

/** The place of the first component that starts in a row or below it. */
function firstFrom(byTop: readonly Component[], row: number): number {
  let [from, to] = [0, byTop.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((byTop[middle] as Component).box.top < row) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The regions that a component cuts off from what lies around it, each as indices into the image. */
export function findHoles({ pixels, box }: Component, imageWidth: number): ReadonlySet<number>[] {
  // One pixel of room on all sides, from where the outside is walked.
  const width = box.width + 2;
  const height = box.height + 2;
  const seen = new Uint8Array(width * height);
  for (const index of pixels) {
    const column = index % imageWidth;
    const row = (index - column) / imageWidth;
    seen[(row - box.top + 1) * width + column - box.left + 1] = 1;
  }
  // Only sideways and up and down: ink that touches across a corner is closed.
  const regionFrom = (start: number): number[] => {
    const region = [start];
    seen[start] = 1;
    // The list grows while it is walked.
    for (let next = 0; next < region.length; ++next) {
      const place = region[next] as number;
      const column = place % width;
      const besides = [column > 0 ? place - 1 : -1, column < width - 1 ? place + 1 : -1, place - width, place + width];
      for (const neighbour of besides) {
        if (seen[neighbour] !== 0) continue;
        seen[neighbour] = 1;
        region.push(neighbour);
      }
    }
    return region;
  };
  regionFrom(0);
  const holes: ReadonlySet<number>[] = [];
  for (let start = seen.indexOf(0); start >= 0; start = seen.indexOf(0, start)) {
    const places = regionFrom(start);
    holes.push(
      new Set(
        places.map((place) => {
          const column = place % width;
          return (box.top + (place - column) / width - 1) * imageWidth + box.left + column - 1;
        }),
      ),
    );
  }
  return holes;
}

/** The longer side of a box. */
export function longerSide({ width, height }: Box): number {
  return Math.max(width, height);
}

/** A box of the reduced picture in pixels of the whole one, whose last block may be cut short. */
export function enlarge(box: Box, factor: number, picture: { readonly width: number; readonly height: number }): Box {
  const left = box.left * factor;
  const top = box.top * factor;
  return {
    left,
    top,
    width: Math.min(picture.width - left, box.width * factor),
    height: Math.min(picture.height - top, box.height * factor),
  };
}

/** Whether two boxes share a pixel. */
export function overlap(one: Box, other: Box): boolean {
  return (
    one.left < other.left + other.width &&
    other.left < one.left + one.width &&
    one.top < other.top + other.height &&
    other.top < one.top + one.height
  );
}
