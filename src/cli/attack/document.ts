import { NORMS } from "../../attacks/norms.ts";
import { isListOf, isShardPlace, orderShards, type ShardPlace, shardOf } from "../shards.ts";
import { joinChanges, packChange, type ShownChange, unpackChange } from "./gallery.ts";
import {
  type AttackRecord,
  asRecord,
  hasRunSettings,
  type NormPlan,
  RUN_SETTINGS,
  type RunSettings,
  sortRecords,
  unitName,
} from "./results.ts";
import { type AttackScores, scoresOfAttacks } from "./scores.ts";

export const ATTACK_KIND = "attack";

/** What a run of attacks found, for its report and its JSON. */
export interface AttackRun extends RunSettings {
  readonly plan: readonly NormPlan[];
  /** The classes' names, by label. */
  readonly classes: readonly string[];
  /** Place of the first image in the data set. */
  readonly offset: number;
  readonly images: number;
  /** Whether every attack has run on every image. */
  readonly complete: boolean;
  /** What the attacks took, added up over all threads and all runs that were resumed. */
  readonly attackSeconds: number;
  readonly scores: AttackScores;
  /** By image, then norm, then attack. */
  readonly results: readonly AttackRecord[];
  readonly gallery: readonly ShownChange[];
}

/** A run's numbers from its results. */
export function summarise(run: Omit<AttackRun, "complete" | "attackSeconds" | "scores">): AttackRun {
  const { plan, images, gallery } = run;
  const results = sortRecords(run.results, plan);
  const attacks = plan.reduce((sum, part) => sum + part.attacks.length, 0);
  return {
    ...run,
    results,
    gallery,
    complete: results.length === images * attacks,
    attackSeconds: results.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000,
    scores: scoresOfAttacks(results, plan),
  };
}

/** A run as `--json` prints it. */
export function attackDocument({ gallery, scores, results, ...run }: AttackRun, more: object = {}): object {
  return { kind: ATTACK_KIND, ...run, ...more, ...scores, results, gallery: gallery.map(packChange) };
}

/** What `abs attack --shard --json` prints, as far as joining needs it. */
interface AttackShard extends RunSettings, ShardPlace {
  readonly plan: readonly NormPlan[];
  readonly classes: readonly string[];
  readonly complete: boolean;
  readonly images: number;
  readonly results: readonly AttackRecord[];
  readonly gallery: readonly ShownChange[];
}

/** Whether a document is of `abs attack`, by what it says of itself. */
export function isAttackDocument(document: unknown): boolean {
  return typeof document === "object" && (document as { kind?: unknown } | null)?.kind === ATTACK_KIND;
}

/**
 * The run of which the documents are the shards.
 *
 * @param documents in any order, each with the name of its file
 * @throws Error when one is no shard's document, when settings differ, or when a shard is missing, there twice or incomplete
 */
export function joinAttackShards(documents: readonly { file: string; document: unknown }[]): {
  run: AttackRun;
  shards: number;
} {
  const known = documents.map(({ file, document }) => ({ file, document: checked(file, document) }));
  for (const { file, document } of known) {
    if (!document.complete) throw new Error(`${file}: is of attacks that were interrupted; --resume finishes them`);
  }
  const shards = orderShards(known, [...RUN_SETTINGS, "plan", "classes"], ({ images }) => images);
  const [{ plan, classes, of, ...first }] = shards as [AttackShard, ...AttackShard[]];
  const settings = Object.fromEntries(RUN_SETTINGS.map((name) => [name, first[name]])) as unknown as RunSettings;
  const run = summarise({
    ...settings,
    plan,
    classes,
    offset: of.start,
    images: of.stop - of.start,
    results: shards.flatMap(({ results }) => results),
    gallery: joinChanges(
      shards.map(({ gallery }) => gallery),
      plan,
    ),
  });
  return { run, shards: shards.length };
}

/** @throws Error when this is not what `abs attack --shard --json` printed */
function checked(file: string, document: unknown): AttackShard {
  const found = document as Partial<AttackShard>;
  const results = Array.isArray(found.results) ? found.results.map(asRecord) : [];
  const gallery = Array.isArray(found.gallery) ? found.gallery.map(unpackChange) : [undefined];
  const isShard =
    hasRunSettings(found) &&
    isShardPlace(found) &&
    isListOf(found.plan, isNormPlan) &&
    isListOf(found.classes, (name) => typeof name === "string") &&
    typeof found.complete === "boolean" &&
    Number.isSafeInteger(found.images) &&
    Array.isArray(found.results) &&
    results.every((record) => record !== undefined) &&
    (found.complete === false || coversShard(results as AttackRecord[], found.plan as NormPlan[], found)) &&
    gallery.every((change) => change !== undefined);
  if (!isShard) throw new Error(`${file}: is not what "abs attack --shard INDEX/COUNT --json" prints`);
  return { ...(found as AttackShard), results: results as AttackRecord[], gallery: gallery as ShownChange[] };
}

/** Whether there is one result for every image of the shard, norm and attack, and no other. */
function coversShard(results: readonly AttackRecord[], plan: readonly NormPlan[], { of, shard }: ShardPlace): boolean {
  const { start, stop } = shardOf(of, shard);
  const seen = new Set(
    results
      .filter(({ image, norm, attack }) => {
        const isPlanned = plan.some((part) => part.norm === norm && part.attacks.includes(attack));
        return isPlanned && image >= start && image < stop;
      })
      .map(unitName),
  );
  const attacks = plan.reduce((sum, part) => sum + part.attacks.length, 0);
  return seen.size === results.length && results.length === attacks * (stop - start);
}

function isNormPlan(part: unknown): boolean {
  const { norm, attacks } = (part ?? {}) as Partial<NormPlan>;
  return NORMS.some((known) => known === norm) && isListOf(attacks, (name) => typeof name === "string");
}
