import { IMAGE_PIXELS } from "../../../format/image.ts";
import type { Norm } from "../../attacks/norms.ts";
import type { CommandClassifier } from "../tasks.ts";
import { packFloats, unpackFloats } from "./packed-floats.ts";
import { type AttackRecord, asRecord, type NormPlan } from "./results.ts";

// The smallest changes that mislead the model, for people to look at.

/** Images shown for each norm. */
const LENGTH = 8;

/** An image that was changed until its label did. */
export interface SmallChange extends AttackRecord {
  /** 784 values in [0, 1]. */
  readonly changed: Float32Array;
}

/** A small change with everything that a report shows of it, 784 values each. */
export interface ShownChange extends SmallChange {
  readonly original: Float32Array;
  /** The changed image as the model of its true class redraws it. */
  readonly redrawnAsTruth: Float32Array;
  /** The same by the model of the class that it was taken for. */
  readonly redrawnAsLabel: Float32Array;
}

/** Keeps, for each norm, the images for which the least change was enough, in whatever order they come. */
export class Gallery {
  readonly #plan: readonly NormPlan[];
  readonly #kept = new Map<Norm, SmallChange[]>();

  constructor(plan: readonly NormPlan[]) {
    this.#plan = plan;
  }

  /** Images that were wrong before are passed over. */
  offer(change: SmallChange): void {
    if (change.distance === 0) return;
    const attacks = this.#plan.find(({ norm }) => norm === change.norm)?.attacks ?? [];
    const placeOf = ({ attack }: AttackRecord): number => attacks.indexOf(attack);
    if (placeOf(change) < 0) return;
    const isBefore = (one: SmallChange, other: SmallChange): boolean =>
      one.distance < other.distance || (one.distance === other.distance && placeOf(one) < placeOf(other));
    const kept = this.#kept.get(change.norm) ?? [];
    const same = kept.find(({ image }) => image === change.image);
    if (same !== undefined && !isBefore(change, same)) return;
    const others = kept.filter((other) => other !== same);
    const sorted = [...others, change].sort((one, other) => one.distance - other.distance || one.image - other.image);
    this.#kept.set(change.norm, sorted.slice(0, LENGTH));
  }

  /** In the plan's order of norms, the smallest change first. */
  changes(): readonly SmallChange[] {
    return this.#plan.flatMap(({ norm }) => this.#kept.get(norm) ?? []);
  }
}

/**
 * A gallery's changes with their redrawings.
 *
 * @param originalOf the original by its place in the data set
 */
export function showChanges(
  gallery: Gallery,
  classifier: CommandClassifier,
  originalOf: (image: number) => Float32Array,
): readonly ShownChange[] {
  return gallery.changes().map((change) => {
    const { classes } = classifier.explain(change.changed);
    const redrawn = (label: number): Float32Array => classes[label]?.reconstruction ?? new Float32Array(IMAGE_PIXELS);
    return {
      ...change,
      original: originalOf(change.image),
      redrawnAsTruth: redrawn(change.truth),
      redrawnAsLabel: redrawn(change.label),
    };
  });
}

/** The changes of several parts of a data set, as one gallery of all would have them. */
export function joinChanges(parts: readonly (readonly ShownChange[])[], plan: readonly NormPlan[]): ShownChange[] {
  const gallery = new Gallery(plan);
  for (const change of parts.flat()) gallery.offer(change);
  // What comes out is what was offered.
  return gallery.changes() as ShownChange[];
}

const IMAGES = ["original", "changed", "redrawnAsTruth", "redrawnAsLabel"] as const satisfies (keyof ShownChange)[];

/** A change as JSON holds it. */
export function packChange(change: ShownChange): object {
  return { ...change, ...Object.fromEntries(IMAGES.map((name) => [name, packFloats(change[name])])) };
}

/** What `packChange` made; undefined when it is something else. */
export function unpackChange(found: unknown): ShownChange | undefined {
  const record = asRecord(found);
  if (record === undefined) return undefined;
  const images = IMAGES.map((name) => [name, unpackFloats((found as Record<string, unknown>)[name], IMAGE_PIXELS)]);
  if (images.some(([, values]) => values === undefined)) return undefined;
  return { ...record, ...Object.fromEntries(images) };
}
