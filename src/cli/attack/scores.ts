import type { Norm } from "../../attacks/norms.ts";
import type { AttackRecord, NormPlan } from "./results.ts";

// What the attacks' distances say together.

/** The distances at which accuracy is told; the paper's bounds are among them. */
export const DISTANCES: Readonly<Record<Norm, readonly number[]>> = {
  linf: [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4],
  l2: [0.5, 1, 1.5, 2, 2.5, 3],
  l1: [2.5, 5, 7.5, 10, 15, 20],
  l0: [5, 8, 12, 20, 30],
};

/** The bounds at which the paper compares models; it has none for L1, where 10 is usual. */
export const BOUNDS: Readonly<Record<Norm, number>> = { linf: 0.3, l2: 1.5, l1: 10, l0: 12 };

/** An image counts as safe here only when no attack in any of these norms came within its bound. */
export const UNION_BOUNDS: Readonly<Partial<Record<Norm, number>>> = { linf: 0.3, l2: 2, l1: 10 };

export const NORM_TITLES: Readonly<Record<Norm, string>> = { linf: "L∞", l2: "L2", l1: "L1", l0: "L0" };

/** Images are stored in 32 bits, so a change of 0.3 may measure a little more. */
const ROUNDING = 1e-6;

/** How far an attack, or the best of several for each image, had to go. */
export interface DistanceScores {
  readonly images: number;
  /** Images for which nothing was found. */
  readonly failures: number;
  /** Of the distances, 0 for images that are wrong as they are, Infinity (in JSON null) where nothing was found. */
  readonly median: number;
  /** The share of images, in [0, 1], for which nothing was found up to a distance; null without images. */
  readonly accuracies: readonly { readonly distance: number; readonly accuracy: number | null }[];
  /** Per image. */
  readonly meanQueries: number | null;
  readonly meanMilliseconds: number | null;
}

export interface NormScores {
  readonly norm: Norm;
  readonly attacks: readonly (DistanceScores & { readonly attack: string })[];
  /** Over the images on which all attacks have run: for each the nearest that any found. */
  readonly minimum: DistanceScores;
}

export interface AttackScores {
  readonly norms: readonly NormScores[];
  /** Accuracy against all norms with a bound at once; null unless all of these were attacked. */
  readonly union: { readonly images: number; readonly accuracy: number | null; readonly bounds: object } | null;
}

/** One per image and norm: the least distance of all attacks on it. */
export interface NearestRecord {
  readonly image: number;
  readonly distance: number;
  readonly queries: number;
  readonly milliseconds: number;
}

/** @param records of any order; those of attacks outside the plan count nowhere */
export function scoresOfAttacks(records: readonly AttackRecord[], plan: readonly NormPlan[]): AttackScores {
  const norms = plan.map(({ norm, attacks }) => ({
    norm,
    attacks: attacks.map((attack) => ({ attack, ...distanceScores(recordsOf(records, norm, attack), norm) })),
    minimum: distanceScores(nearestOf(records, { norm, attacks }), norm),
  }));
  return { norms, union: unionOf(records, plan) };
}

/** The records of one attack in one norm. */
export function recordsOf(records: readonly AttackRecord[], norm: Norm, attack: string): readonly AttackRecord[] {
  return records.filter((record) => record.norm === norm && record.attack === attack);
}

/** For every image on which all attacks of the norm have run: the least distance and what all of them took together. */
export function nearestOf(records: readonly AttackRecord[], { norm, attacks }: NormPlan): readonly NearestRecord[] {
  const byImage = new Map<number, AttackRecord[]>();
  for (const record of records) {
    if (record.norm !== norm || !attacks.includes(record.attack)) continue;
    const known = byImage.get(record.image);
    if (known === undefined) byImage.set(record.image, [record]);
    else known.push(record);
  }
  return Array.from(byImage)
    .filter(([, found]) => found.length === attacks.length)
    .map(([image, found]) => ({
      image,
      distance: Math.min(...found.map(({ distance }) => distance)),
      queries: sum(found.map(({ queries }) => queries)),
      milliseconds: sum(found.map(({ milliseconds }) => milliseconds)),
    }));
}

function distanceScores(records: readonly Omit<NearestRecord, "image">[], norm: Norm): DistanceScores {
  const distances = records.map(({ distance }) => distance);
  const images = distances.length;
  return {
    images,
    failures: distances.filter((distance) => distance === Number.POSITIVE_INFINITY).length,
    median: median(distances),
    accuracies: DISTANCES[norm].map((distance) => ({ distance, accuracy: accuracyAt(distances, distance) })),
    meanQueries: images === 0 ? null : sum(records.map(({ queries }) => queries)) / images,
    meanMilliseconds: images === 0 ? null : sum(records.map(({ milliseconds }) => milliseconds)) / images,
  };
}

/** The share of images for which nothing was found up to a distance; null without images. */
export function accuracyAt(distances: readonly number[], bound: number): number | null {
  if (distances.length === 0) return null;
  return distances.filter((distance) => !isWithin(distance, bound)).length / distances.length;
}

function isWithin(distance: number, bound: number): boolean {
  return distance <= bound * (1 + ROUNDING);
}

/** Infinity without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[sorted.length >> 1] ?? Number.POSITIVE_INFINITY;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? upper) + upper) / 2;
}

function unionOf(records: readonly AttackRecord[], plan: readonly NormPlan[]): AttackScores["union"] {
  const parts: Map<number, boolean>[] = [];
  for (const [norm, bound] of Object.entries(UNION_BOUNDS) as [Norm, number][]) {
    const planned = plan.find((part) => part.norm === norm);
    if (planned === undefined) return null;
    parts.push(new Map(nearestOf(records, planned).map(({ image, distance }) => [image, isWithin(distance, bound)])));
  }
  const [first, ...others] = parts as [Map<number, boolean>, ...Map<number, boolean>[]];
  const images = Array.from(first.keys()).filter((image) => others.every((part) => part.has(image)));
  const safe = images.filter((image) => parts.every((part) => part.get(image) === false)).length;
  const accuracy = images.length === 0 ? null : safe / images.length;
  return { images: images.length, accuracy, bounds: UNION_BOUNDS };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
