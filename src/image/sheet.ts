import { type Component, findComponents, findHoles } from "./components.ts";
import { type GreyImage, interpolate, type ReducedGrey, reduceGrey } from "./grey.ts";
import { quantile } from "./threshold.ts";
import { windowMaximum, windowMean, windowMinimum } from "./window.ts";

/** A sheet that lies on something else, cut out of its picture. */
export interface Sheet {
  /** What lies around it is left out: there the sheet goes on as it is nearby. */
  readonly grey: GreyImage;
  /** Columns and rows of the picture before the first of the sheet's. */
  readonly left: number;
  readonly top: number;
}

type Point = readonly [x: number, y: number];

/** Pixels per side that show a sheet, at most; edges are then two or three pixels wide… */
const SIDE = 128;
/** …and at least: in a smaller picture sheet and digit are too few pixels to be told from each other. */
const LEAST_SIDE = 48;
/** A pixel is smooth if its neighbourhood spans this much brightness at most… */
const SMOOTH_SPAN = 0.035;
/** …and this many times what the smoothest tenth of the picture spans, which is noise. */
const NOISE_SPANS = 2.5;
const SMOOTHEST = 0.1;
/** A sheet covers these shares of the picture; what covers more is the picture itself. */
const LEAST_COVER = 0.03;
const MOST_COVER = 0.96;
/** It is convex: what it covers, ink included, is this share of its hull. */
const LEAST_SOLID = 0.7;
/** Its corners may be rounded, bent and torn off by this share of its area… */
const LOST_CORNERS = 0.06;
/** …and then it has this many sides beside those along the frame, cut to pixels as it is; an ellipse would have ten. */
const MOST_SIDES = 7;
/** Its hull keeps to its edges but where the digit meets one: this share of the hull's rim, so many pixels wide, is near. */
const LEAST_EDGE = 0.7;
const RIM = 2;
/** Something lies on it: this share of what is within its rim is not smooth. */
const LEAST_INK = 0.004;
/** …and this share has half of full ink at most: that of a digit 60 % as high as the sheet is seldom a tenth. */
const MOST_INK = 0.15;
/** What lies around it is darker or brighter by this much in the mean. */
const LEAST_DIFFERENCE = 0.05;
/** Ink of which this share of the sheet has less is full ink; so many pixels of the outline may have half as much. */
const FULL_INK_SHARE = 0.99;
const MOST_CUT = 1;
/** Far less than one pixel's share of any window, but more than roundings. */
const LEAST_SHARE = 1e-6;

/**
 * Finds the sheet of paper, or the slate, on a table: a region of smooth pixels with straight edges that has ink on it and
 * is of another brightness than most of what lies around it. Inverting the picture inverts the sheet that is found.
 *
 * @returns undefined where the picture shows a sheet and nothing else, or no such thing
 */
export function findSheet(picture: GreyImage): Sheet | undefined {
  if (Math.min(picture.width, picture.height) < LEAST_SIDE) return undefined;
  const small = reduceGrey(picture, SIDE);
  const { values, width, height } = small;
  const darkest = windowMinimum(small, 1).values;
  const spans = windowMaximum(small, 1).values.map((value, index) => value - (darkest[index] as number));
  const most = Math.max(SMOOTH_SPAN, NOISE_SPANS * quantile(spans, SMOOTHEST));
  const usual = quantile(values, 0.5);
  const smooth = spans.map((span) => (span <= most ? 1 : 0));
  let best: { readonly component: Component; readonly hull: readonly Point[]; readonly bare: GreyImage } | undefined;
  for (const component of findComponents(smooth, width, height, 1)) {
    const { box, pixels } = component;
    if (box.width * box.height < LEAST_COVER * values.length) continue;
    if (best !== undefined && pixels.length <= best.component.pixels.length) continue;
    const hull = hullOf(component, width);
    if (!isSheet(component, hull, small, usual)) continue;
    const bare = bareSheet(small, pixels);
    if (isWritten(hull, small, bare)) best = { component, hull, bare };
  }
  return best === undefined ? undefined : cutOut(picture, small, best.bare, best.hull);
}

/** @param usual the brightness that half of the picture exceeds */
function isSheet(component: Component, hull: readonly Point[], small: GreyImage, usual: number): boolean {
  const { values, width, height } = small;
  const { pixels } = component;
  const area = areaOf(hull);
  const sheet = pixels.reduce((sum, index) => sum + (values[index] as number), 0) / pixels.length;
  // What is as bright as most of the picture has like things around it: most regions of ordinary pictures go no further.
  if (2 * area < values.length && Math.abs(sheet - usual) < LEAST_DIFFERENCE) return false;
  if (area < LEAST_COVER * values.length || area > MOST_COVER * values.length) return false;
  const filled = findHoles(component, width).reduce((sum, hole) => sum + hole.size, pixels.length);
  if (filled < LEAST_SOLID * area) return false;
  const isAlongFrame = ([x, y]: Point, [nextX, nextY]: Point): boolean =>
    (x === nextX && (x === 0 || x === width)) || (y === nextY && (y === 0 || y === height));
  const corners = withoutSmallCorners(hull, LOST_CORNERS * area);
  const sides = corners.filter((corner, index) => !isAlongFrame(corner, corners.at(index - 1) as Point));
  if (sides.length > MOST_SIDES) return false;

  const own = new Float32Array(values.length);
  for (const index of pixels) own[index] = 1;
  const inside = insideOf(hull, small);
  // The windows end at the frame, along which a sheet that is cut off there has neither rim nor edge.
  const near = windowMaximum({ ...small, values: own }, RIM).values;
  const deep = windowMinimum({ ...small, values: inside }, RIM).values;
  let [rim, edge, ink] = [0, 0, 0];
  inside.forEach((is, index) => {
    if (is === 0) return;
    if (deep[index] === 0) {
      ++rim;
      if (near[index] === 1) ++edge;
    } else if (own[index] === 0) ++ink;
  });
  if (edge < LEAST_EDGE * rim || ink < LEAST_INK * area) return false;
  const around = quantile(
    values.filter((_, index) => inside[index] === 0),
    0.5,
  );
  return Math.abs(sheet - around) >= LEAST_DIFFERENCE;
}

/**
 * Whether what lies on it may be a digit: little beside the sheet, unlike the hole in a broad stroke, and all of it inside, unlike
 * strokes that run on beyond the edge of a shadow.
 */
function isWritten(hull: readonly Point[], small: GreyImage, bare: GreyImage): boolean {
  const inside = insideOf(hull, small);
  const deep = windowMinimum({ ...small, values: inside }, 1).values;
  const ink = bare.values.map((value, index) =>
    inside[index] === 0 ? 0 : Math.abs(value - (small.values[index] as number)),
  );
  const full = quantile(
    ink.filter((_, index) => deep[index] === 1),
    FULL_INK_SHARE,
  );
  const cut = ink.filter((value, index) => deep[index] === 0 && value >= full / 2);
  const inked = ink.filter((value, index) => deep[index] === 1 && value >= full / 2);
  return cut.length <= MOST_CUT && inked.length <= MOST_INK * areaOf(hull);
}

/** 1 for the pixels within the hull, 0 for all others. */
function insideOf(hull: readonly Point[], small: GreyImage): Float32Array {
  const inside = new Float32Array(small.values.length);
  eachRow(hull, small, (row, from, to) => inside.fill(1, row * small.width + from, row * small.width + to));
  return inside;
}

/** The picture within the hull, and around it the sheet's own brightness. */
function cutOut(picture: GreyImage, { factor }: ReducedGrey, bare: GreyImage, hull: readonly Point[]): Sheet {
  const corners = hull.map(
    ([x, y]): Point => [Math.min(picture.width, factor * x), Math.min(picture.height, factor * y)],
  );
  const [across, down] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  const [left, top] = [Math.min(...across), Math.min(...down)];
  const [width, height] = [Math.max(...across) - left, Math.max(...down) - top];
  const values = new Float32Array(width * height);
  for (let row = 0, index = 0; row < height; ++row) {
    const y = (top + row + 0.5) / factor - 0.5;
    for (let column = 0; column < width; ++column, ++index) {
      values[index] = interpolate(bare, (left + column + 0.5) / factor - 0.5, y);
    }
  }
  eachRow(corners, picture, (row, from, to) => {
    values.set(
      picture.values.subarray(row * picture.width + from, row * picture.width + to),
      (row - top) * width + from - left,
    );
  });
  return { grey: { values, width, height }, left, top };
}

/** The sheet without ink, and beyond its edges as it is nearby: the mean of its smooth pixels in the least window that has some. */
function bareSheet(small: GreyImage, pixels: readonly number[]): GreyImage {
  const bare = new Float32Array(small.values.length);
  const known = new Float32Array(bare.length);
  for (const index of pixels) {
    bare[index] = small.values[index] as number;
    known[index] = 1;
  }
  const filled = bare.slice();
  const open = known.slice();
  for (let radius = 1; open.includes(0); radius *= 2) {
    const sums = windowMean({ ...small, values: bare }, radius).values;
    const shares = windowMean({ ...small, values: known }, radius).values;
    open.forEach((is, index) => {
      const share = shares[index] as number;
      if (is !== 0 || share < LEAST_SHARE) return;
      filled[index] = (sums[index] as number) / share;
      open[index] = 1;
    });
  }
  return { ...small, values: filled };
}

/** The corners of the convex hull of a component, in turn; pixel 0 reaches from 0 to 1. */
function hullOf({ pixels, box }: Component, imageWidth: number): Point[] {
  const first = new Int32Array(box.height).fill(imageWidth);
  const last = new Int32Array(box.height).fill(-1);
  for (const index of pixels) {
    const column = index % imageWidth;
    const row = (index - column) / imageWidth - box.top;
    first[row] = Math.min(first[row] as number, column);
    last[row] = Math.max(last[row] as number, column);
  }
  // Down along the right side, up along the left.
  const rows = [...first.keys()];
  const outline = (x: (row: number) => number): Point[] =>
    rows.flatMap((row): Point[] => [
      [x(row), box.top + row],
      [x(row), box.top + row + 1],
    ]);
  return [
    ...bulging(outline((row) => (last[row] as number) + 1)),
    ...bulging(outline((row) => first[row] as number).reverse()),
  ];
}

/** The points of a line that lie on its convex hull's one side. */
function bulging(line: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const point of line) {
    while (kept.length > 1 && turnOf(kept.at(-2) as Point, kept.at(-1) as Point, point) <= 0) kept.pop();
    kept.push(point);
  }
  return kept;
}

/** Twice the area of a triangle, above 0 if its corners are in the order of the hull's. */
function turnOf([x, y]: Point, [nextX, nextY]: Point, [lastX, lastY]: Point): number {
  return (nextX - x) * (lastY - y) - (nextY - y) * (lastX - x);
}

function areaOf(corners: readonly Point[]): number {
  const [origin] = corners as readonly [Point, ...Point[]];
  return corners.reduce((sum, corner, index) => sum + turnOf(origin, corners.at(index - 1) as Point, corner) / 2, 0);
}

/** A polygon without the corners that cover least, as many as together cover at most an area. */
function withoutSmallCorners(polygon: readonly Point[], most: number): Point[] {
  const corners = [...polygon];
  for (let lost = 0; corners.length > 3; ) {
    const areas = corners.map(
      (corner, index) =>
        turnOf(corners.at(index - 1) as Point, corner, corners[(index + 1) % corners.length] as Point) / 2,
    );
    const least = Math.min(...areas);
    lost += least;
    if (lost > most) break;
    corners.splice(areas.indexOf(least), 1);
  }
  return corners;
}

/** Calls for each row whose middle a convex polygon meets: with the first column whose middle is inside, and the one after the last. */
function eachRow(
  polygon: readonly Point[],
  { width, height }: GreyImage,
  call: (row: number, from: number, to: number) => void,
): void {
  for (let row = 0; row < height; ++row) {
    const middle = row + 0.5;
    const met = polygon.flatMap(([x, y], index) => {
      const [lastX, lastY] = polygon.at(index - 1) as Point;
      return y > middle !== lastY > middle ? [x + ((middle - y) * (lastX - x)) / (lastY - y)] : [];
    });
    const from = Math.max(0, Math.ceil(Math.min(...met) - 0.5));
    const to = Math.min(width, Math.ceil(Math.max(...met) - 0.5));
    if (to > from) call(row, from, to);
  }
}
