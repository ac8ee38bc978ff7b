import { dot, type HalfSpace } from "./half-space.ts";

// The point of a polyhedron that is nearest to an image, among images within a box: a quadratic programme, solved by its
// dual. Every half-space p has a multiplier λ_p ≥ 0, and for given multipliers the nearest point is
// clip(x + Σ λ_p normal_p). The dual is smooth and concave, so raising or lowering one multiplier at a time, each to where
// its own half-space is just reached, climbs to its maximum (Hildreth 1957). Half-spaces join when they are the one missed most.

/** A box of images, one pair of ends per pixel. */
export interface PixelBox {
  low: Float64Array;
  high: Float64Array;
}

/** Where the climb ended. */
export interface Projection {
  /** The nearest point as the multipliers have it. */
  point: Float64Array;
  /** Whether it misses no half-space by more than `TOLERANCE`: then it is the nearest of them all. */
  isInside: boolean;
  /** The convex combination of the half-spaces that the multipliers make: it contains the polyhedron, whatever they are. */
  combined: HalfSpace;
}

/** By how much a half-space, whose normal has length 1, may be missed. */
export const TOLERANCE = 1e-9;
/** Multipliers beyond this belong to a polyhedron that the box does not reach. */
const LARGEST_MULTIPLIER = 1e4;
const MOST_MEMBERS = 60;
const MOST_SWEEPS = 100;
const MOST_NEWTON_STEPS = 60;

/** A half-space that takes part, with its multiplier. */
interface Member {
  readonly halfSpace: HalfSpace;
  multiplier: number;
}

/** The nearest point to `from` in the box and in all half-spaces, of which there is at least one; normals have length 1. */
export function project(from: Float64Array, box: PixelBox, halfSpaces: readonly HalfSpace[]): Projection {
  /** from + Σ λ_p normal_p, not clipped. */
  const moved = from.slice();
  const members: Member[] = [];
  let isReachable = true;
  let point = clipped(moved, box);
  let violated = mostViolated(halfSpaces, point);
  while (violated !== undefined && isReachable && members.length < MOST_MEMBERS) {
    if (members.every(({ halfSpace }) => halfSpace !== violated)) members.push({ halfSpace: violated, multiplier: 0 });
    else if (members.length === halfSpaces.length) break;
    isReachable = sweep(members, moved, box);
    point = clipped(moved, box);
    const next = mostViolated(halfSpaces, point);
    // The same one again: the sweeps ended before they reached it, and would again.
    if (next !== undefined && members.some(({ halfSpace }) => halfSpace === next)) break;
    violated = next;
  }
  return {
    point,
    isInside: mostViolated(halfSpaces, point) === undefined,
    combined: combine(members, halfSpaces[0] as HalfSpace),
  };
}

/** Sets one multiplier after the other until none moves; false when one grows without end. */
function sweep(members: readonly Member[], moved: Float64Array, box: PixelBox): boolean {
  for (let round = 0; round < MOST_SWEEPS; ++round) {
    let largest = 0;
    for (const member of members) {
      const change = reach(member, moved, box);
      member.multiplier += change;
      largest = Math.max(largest, Math.abs(change));
      if (member.multiplier > LARGEST_MULTIPLIER) return false;
    }
    if (largest < TOLERANCE / 10) return true;
  }
  return true;
}

/** Moves along one normal to where its half-space is just reached, or its multiplier is 0; returns the multiplier's change. */
function reach({ halfSpace: { normal, offset }, multiplier }: Member, moved: Float64Array, box: PixelBox): number {
  let low = -multiplier;
  let high = LARGEST_MULTIPLIER + 1;
  let step = 0;
  let isLowKnown = false;
  for (let tries = 0; tries < MOST_NEWTON_STEPS; ++tries) {
    // The inner product with the clipped point grows with the step, in straight pieces.
    let reached = -offset;
    let slope = 0;
    for (let pixel = 0; pixel < moved.length; ++pixel) {
      const weight = normal[pixel] as number;
      const value = (moved[pixel] as number) + step * weight;
      const lowEnd = box.low[pixel] as number;
      const highEnd = box.high[pixel] as number;
      if (value <= lowEnd) reached += weight * lowEnd;
      else if (value >= highEnd) reached += weight * highEnd;
      else {
        reached += weight * value;
        slope += weight * weight;
      }
    }
    if (reached > 0) high = step;
    else low = step;
    if (reached === 0 || high - low < 1e-14) break;
    if (step === -multiplier) {
      if (reached > 0) break;
      isLowKnown = true;
    }
    const newton = step - reached / slope;
    const isUseful = slope > 0 && newton > low && newton < high;
    // Where all pixels are at ends of the box the slope is 0, and says nothing of how far back to go.
    const mayLeave = !isLowKnown && reached > 0 && newton <= -multiplier;
    const next = isUseful ? newton : mayLeave ? -multiplier : (low + high) / 2;
    if (Math.abs(next - step) < 1e-15) break;
    step = next;
  }
  for (let pixel = 0; pixel < moved.length; ++pixel) {
    moved[pixel] = (moved[pixel] as number) + step * (normal[pixel] as number);
  }
  return step;
}

function clipped(moved: Float64Array, { low, high }: PixelBox): Float64Array {
  return moved.map((value, pixel) => Math.min(Math.max(value, low[pixel] as number), high[pixel] as number));
}

/** The half-space that the point misses by most, undefined when it misses none by more than the tolerance. */
function mostViolated(halfSpaces: readonly HalfSpace[], point: Float64Array): HalfSpace | undefined {
  let worst: HalfSpace | undefined;
  let most = TOLERANCE;
  for (const halfSpace of halfSpaces) {
    const missing = halfSpace.offset - dot(halfSpace.normal, point);
    if (missing <= most) continue;
    most = missing;
    worst = halfSpace;
  }
  return worst;
}

function combine(members: readonly Member[], fallback: HalfSpace): HalfSpace {
  const sum = members.reduce((total, { multiplier }) => total + multiplier, 0);
  if (sum === 0) return fallback;
  const normal = new Float64Array(fallback.normal.length);
  let offset = 0;
  for (const { halfSpace, multiplier } of members) {
    const share = multiplier / sum;
    offset += share * halfSpace.offset;
    for (let pixel = 0; pixel < normal.length; ++pixel) {
      normal[pixel] = (normal[pixel] as number) + share * (halfSpace.normal[pixel] as number);
    }
  }
  return { normal, offset };
}
