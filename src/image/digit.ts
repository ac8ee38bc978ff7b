import { around, type Box, type Component, longerSide } from "./components.ts";
import { findMarks } from "./marks.ts";

/** What {@link pickDigit} found. */
export interface PickedDigit {
  /** The digit's parts; none where there is nothing. */
  readonly parts: readonly Component[];
  /** Whether other ink is there that could as well be a digit. */
  readonly several: boolean;
}

/** Parts of a stroke: what lies near each other, as a whole. */
interface Group {
  readonly parts: readonly Component[];
  readonly mass: number;
  readonly box: Box;
  readonly atFrame: number;
}

/** A part lighter than this share of its group's heaviest is a speck. */
const SPECK_SHARE = 0.04;
/** Parts belong together if the gap between their boxes is at most this share of the longer one's longer side. */
const GAP_SHARE = 0.25;
/** Digits stand side by side, so one above the other may be further apart: parts that share half the lesser's width… */
const STACKED_SHARE = 0.5;
/** …and have a gap of at most this share. */
const STACKED_GAP_SHARE = 0.45;
/** Dashes are parts this short beside all the ink; between them gaps may be as long as the dashes. */
const DASH_SHARE = 0.25;
const DASH_GAP_SHARE = 1;
/** Ink at the frame that meets it along this share of its longer side or more: a shadow, a table, a sheet's edge… */
const LONG_MEETING = 0.5;
/** …gives way to ink inside that has these shares of its longer side and mass. */
const BESIDE_EDGE = { side: 0.15, mass: 0.01 };
/** Ink that meets the frame less, a digit cut off perhaps, gives way to ink with these shares. */
const BESIDE_STROKE = { side: 0.4, mass: 0.25 };
/** Two groups are two digits if the lesser has these shares of the other's longer side and mass. */
const SECOND_DIGIT = { side: 0.6, mass: 0.3 };

/**
 * Picks the components that make up the digit: the heaviest group of parts that lie near one another (the bar of a 5, a
 * 4 in two strokes, dashes), unless it meets the frame and something inside does as well. Specks, far-off marks, rules
 * below, and rings and boxes around the digit are left out.
 *
 * @param imageWidth pixels per row of the image that the components were found in
 */
export function pickDigit(components: readonly Component[], imageWidth: number): PickedDigit {
  const heaviest = components.reduce((most, { mass }) => Math.max(most, mass), 0);
  const inside = components.filter(({ atFrame }) => atFrame === 0);
  const heaviestInside = inside.reduce((most, { mass }) => Math.max(most, mass), 0);
  // What is light beside the heaviest part inside is a speck, however heavy a shadow at the frame may be.
  const least = SPECK_SHARE * (heaviestInside >= BESIDE_EDGE.mass * heaviest ? heaviestInside : heaviest);
  const marks = findMarks(
    components.filter(({ mass }) => mass >= least),
    imageWidth,
  );
  const worthy = components.filter((component) => component.mass >= least && !marks.has(component));
  const groups = chain(worthy).sort((one, other) => other.mass - one.mass);
  const [first] = groups;
  if (first === undefined) return { parts: [], several: false };
  const wanted = meetsFrameLong(first) ? BESIDE_EDGE : BESIDE_STROKE;
  const rival = groups.find(({ atFrame }) => atFrame === 0);
  const digit = first.atFrame > 0 && rival !== undefined && compares(rival, first, wanted) ? rival : first;
  const several = groups.some(
    (group) =>
      group !== digit && !meetsFrameLong(group) && group.mass <= digit.mass && compares(group, digit, SECOND_DIGIT),
  );
  return { parts: digit.parts.filter(({ mass }) => mass >= SPECK_SHARE * digit.mass), several };
}

function meetsFrameLong({ atFrame, box }: Group): boolean {
  return atFrame >= LONG_MEETING * longerSide(box);
}

function compares(lesser: Group, greater: Group, shares: { side: number; mass: number }): boolean {
  return longerSide(lesser.box) >= shares.side * longerSide(greater.box) && lesser.mass >= shares.mass * greater.mass;
}

/** Groups components of which each is near another of its group. What meets the frame is chained apart from the rest. */
function chain(components: readonly Component[]): Group[] {
  const all = components.filter(({ atFrame }) => atFrame === 0);
  const dash = DASH_SHARE * longerSide(around(all));
  const isNear = (one: Component, other: Component): boolean => {
    const longer = Math.max(longerSide(one.box), longerSide(other.box));
    if (one.atFrame > 0 !== other.atFrame > 0) return false;
    const { across, down } = gapsBetween(one.box, other.box);
    if (longer <= dash) return Math.max(across, down) <= DASH_GAP_SHARE * longer;
    const isStacked = -across >= STACKED_SHARE * Math.min(one.box.width, other.box.width);
    return Math.max(across, down) <= (isStacked ? STACKED_GAP_SHARE : GAP_SHARE) * longer;
  };
  const left = new Set(components);
  const groups: Group[] = [];
  for (const start of components) {
    if (!left.delete(start)) continue;
    const parts = [start];
    // The list grows while it is walked.
    for (let next = 0; next < parts.length; ++next) {
      for (const other of left) {
        if (!isNear(parts[next] as Component, other)) continue;
        left.delete(other);
        parts.push(other);
      }
    }
    groups.push({
      parts,
      mass: parts.reduce((sum, { mass }) => sum + mass, 0),
      box: around(parts),
      atFrame: parts.reduce((sum, { atFrame }) => sum + atFrame, 0),
    });
  }
  return groups;
}

/** The gaps between two boxes along the axes, negative by how far they overlap. */
function gapsBetween(one: Box, other: Box): { across: number; down: number } {
  const across = Math.max(one.left - (other.left + other.width), other.left - (one.left + one.width));
  const down = Math.max(one.top - (other.top + other.height), other.top - (one.top + one.height));
  return { across, down };
}
