import type { Norm } from "../../attacks/norms.ts";
import { hasMeasuredSettings, MEASURED_SETTINGS, type MeasuredSettings } from "../shards.ts";

/** What one attack found on one image. */
export interface AttackRecord {
  /** The image's place in its data set, from 0. */
  readonly image: number;
  /** Its true class. */
  readonly truth: number;
  readonly norm: Norm;
  readonly attack: string;
  /** From the image to the nearest one found that is misclassified; Infinity, in JSON null, where none was found. */
  readonly distance: number;
  /** What the model takes that image for; the true class where none was found. */
  readonly label: number;
  /** Questions asked of the model. */
  readonly queries: number;
  readonly milliseconds: number;
}

/** One attack in one norm on one image. */
export type AttackUnit = Pick<AttackRecord, "image" | "norm" | "attack">;

/** A name for each unit of a run. */
export function unitName({ image, norm, attack }: AttackUnit): string {
  return `${image} ${norm} ${attack}`;
}

/** The attacks that run in a norm. */
export interface NormPlan {
  readonly norm: Norm;
  readonly attacks: readonly string[];
}

/** What an attack's result on an image depends on, besides the image, the norm and the attack. */
export interface RunSettings extends MeasuredSettings {
  /** Questions for each attack and image; null for as many as the attack's own settings need. */
  readonly budget: number | null;
  readonly seed: number;
}

export const RUN_SETTINGS = [...MEASURED_SETTINGS, "budget", "seed"] as const satisfies readonly (keyof RunSettings)[];

/** Whether a document read from a file has all settings of a run. */
export function hasRunSettings<Found extends Partial<RunSettings>>(found: Found): found is Found & RunSettings {
  const { budget, seed } = found;
  return hasMeasuredSettings(found) && (typeof budget === "number" || budget === null) && typeof seed === "number";
}

/** A record read from a file; undefined when it is none. */
export function asRecord(found: unknown): AttackRecord | undefined {
  if (typeof found !== "object" || found === null) return undefined;
  const { image, truth, norm, attack, distance, label, queries, milliseconds } = found as Record<string, unknown>;
  const isRecord =
    [image, truth, label, queries].every((value) => Number.isSafeInteger(value) && (value as number) >= 0) &&
    [norm, attack].every((value) => typeof value === "string") &&
    (distance === null || (typeof distance === "number" && distance >= 0)) &&
    typeof milliseconds === "number";
  if (!isRecord) return undefined;
  const record = { image, truth, norm, attack, distance: distance ?? Number.POSITIVE_INFINITY, label };
  return { ...record, queries, milliseconds } as AttackRecord;
}

/** Sorts records as they come where one thread does everything: by image, then norm, then attack. */
export function sortRecords(records: readonly AttackRecord[], plan: readonly NormPlan[]): AttackRecord[] {
  const places = new Map<string, number>();
  for (const { norm, attacks } of plan) for (const attack of attacks) places.set(`${norm} ${attack}`, places.size);
  const placeOf = ({ norm, attack }: AttackRecord): number => places.get(`${norm} ${attack}`) ?? places.size;
  return records.toSorted((one, other) => one.image - other.image || placeOf(one) - placeOf(other));
}
