import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import { distanceText, percentText } from "../../src/cli/attack/lines.ts";
import type { AttackRecord } from "../../src/cli/attack/results.ts";
import {
  type AttackScores,
  BOUNDS,
  DISTANCES,
  type DistanceScores,
  NORM_TITLES,
  scoresOfAttacks,
  UNION_BOUNDS,
} from "../../src/cli/attack/scores.ts";
import type { Table } from "../measure/table.ts";
import { CHEAP_ATTACKS, type ModelName, SLOW_ATTACKS } from "./plan.ts";

/** The union's bounds in words. */
const BOUNDS_AT_ONCE = Object.entries(UNION_BOUNDS)
  .map(([norm, bound]) => `${NORM_TITLES[norm as Norm]} ${bound}`)
  .join(", ");

export const TITLES: Readonly<Record<ModelName, string>> = {
  abs: "ABS",
  "binary-abs": "binary ABS",
  "plain-cnn": "plain CNN",
  "adversarial-cnn": "adversarially trained CNN",
  "nearest-neighbour": "nearest neighbour",
  "published-abs": "ABS, published weights",
  "published-binary-abs": "binary ABS, published weights",
};

/** A model's results, each attack for itself and the least of all on the images that all but the slow ones have met. */
interface ModelScores {
  readonly name: ModelName;
  readonly title: string;
  readonly single: AttackScores;
  readonly least: AttackScores;
  readonly hours: number;
}

/** A table of docs/robustness.md, and what of it belongs to one model: a row, a column, or all of it. */
export interface ModelTable extends Table {
  readonly eachModel: "row" | "column" | "all";
}

/** The tables of docs/robustness.md, from the results of the models that have some. */
export function robustnessTables(results: ReadonlyMap<ModelName, readonly AttackRecord[]>): ModelTable[] {
  const models = [...results]
    .filter(([, records]) => records.length > 0)
    .map(([name, records]) => modelScores(name, records));
  return [
    { ...comparedTable(models), eachModel: "row" },
    ...NORMS.map((norm): ModelTable => ({ ...attackTable(models, norm), eachModel: "column" })),
    ...NORMS.map((norm): ModelTable => ({ ...accuracyTable(models, norm), eachModel: "row" })),
    ...cheapTable(results.get("abs") ?? []).map((table): ModelTable => ({ ...table, eachModel: "all" })),
  ];
}

/** The figures that README shows of a model. Undefined where it has no results. */
export function headline(name: ModelName, records: readonly AttackRecord[]): string | undefined {
  const model = modelScores(name, records);
  const [l2, linf, l0] = (["l2", "linf", "l0"] as const).map((norm) => minimumIn(model, norm));
  if (l2 === undefined || linf === undefined || l0 === undefined || l2.images === 0) return undefined;
  const figures = [l2, linf, l0].map(({ median }) => distanceText(median));
  const counts = [l2, linf, l0].map(({ images }) => images);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  const images = fewest === most ? `${most}` : `${fewest} to ${most}`;
  return `${figures[0]} in L2, ${figures[1]} in L∞ and ${figures[2]} pixels on ${images} images`;
}

function modelScores(name: ModelName, records: readonly AttackRecord[]): ModelScores {
  const plan = NORMS.map((norm) => ({ norm, attacks: attacksOf(records, norm) }));
  const least = NORMS.flatMap((norm) => leastRecords(records, norm));
  return {
    name,
    title: TITLES[name],
    single: scoresOfAttacks(records, plan),
    least: scoresOfAttacks(
      least,
      NORMS.map((norm) => ({ norm, attacks: ["least"] })),
    ),
    hours: records.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 3_600_000,
  };
}

function attacksOf(records: readonly AttackRecord[], norm: Norm): string[] {
  return [...new Set(records.filter((record) => record.norm === norm).map(({ attack }) => attack))];
}

/** For every image on which all attacks but the slow ones have run: the nearest that any found. */
export function leastRecords(records: readonly AttackRecord[], norm: Norm): AttackRecord[] {
  return leastOf(records, norm, (attack) => !SLOW_ATTACKS.includes(attack));
}

/** For every image on which all attacks that count have run: the nearest that these and any others found. */
function leastOf(records: readonly AttackRecord[], norm: Norm, counts: (attack: string) => boolean): AttackRecord[] {
  const wanted = attacksOf(records, norm).filter(counts);
  const byImage = new Map<number, AttackRecord[]>();
  for (const record of records) {
    if (record.norm === norm) byImage.set(record.image, [...(byImage.get(record.image) ?? []), record]);
  }
  return [...byImage.values()]
    .filter((found) => wanted.every((attack) => found.some((record) => record.attack === attack)))
    .map((found) => ({
      ...found.reduce((nearest, record) => (record.distance < nearest.distance ? record : nearest)),
      attack: "least",
      queries: found.reduce((sum, { queries }) => sum + queries, 0),
      milliseconds: found.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    }));
}

function minimumIn({ least }: ModelScores, norm: Norm): DistanceScores | undefined {
  return least.norms.find((found) => found.norm === norm)?.minimum;
}

function comparedTable(models: readonly ModelScores[]): Table {
  return {
    name: "robustness-models",
    caption:
      "For each image the least that any attack on it found: median distance, and accuracy at the paper's bounds",
    header: [
      "model",
      "images",
      ...NORMS.map((norm) => `${NORM_TITLES[norm]}: median; at ${BOUNDS[norm]}`),
      `${BOUNDS_AT_ONCE} at once`,
      "hours of one core",
    ],
    rows: models.map((model) => [
      model.title,
      `${minimumIn(model, "l2")?.images ?? 0}`,
      ...NORMS.map((norm) => medianAndAccuracy(minimumIn(model, norm), BOUNDS[norm])),
      percentText(model.least.union?.accuracy ?? null),
      model.hours.toFixed(2),
    ]),
  };
}

function attackTable(models: readonly ModelScores[], norm: Norm): Table {
  const scoresIn = ({ single }: ModelScores, attack: string): DistanceScores | undefined =>
    single.norms.find((part) => part.norm === norm)?.attacks.find((found) => found.attack === attack);
  const attacks = [
    ...new Set(
      models.flatMap(({ single }) =>
        (single.norms.find((part) => part.norm === norm)?.attacks ?? []).map(({ attack }) => attack),
      ),
    ),
  ];
  const abs = models.find(({ name }) => name === "abs");
  const ofAbs = (attack: string): string[] => {
    if (abs === undefined) return [];
    const found = scoresIn(abs, attack);
    return [found?.meanQueries?.toFixed(0) ?? "–", found?.meanMilliseconds?.toFixed(0) ?? "–"];
  };
  return {
    name: `robustness-${norm}`,
    caption: `Median distance in ${NORM_TITLES[norm]} that each attack finds alone (images)`,
    header: ["attack", ...models.map(({ title }) => title), ...(abs ? ["questions to ABS", "ms an image"] : [])],
    rows: [
      ...attacks.map((attack) => [
        `\`${attack}\``,
        ...models.map((model) => medianAndImages(scoresIn(model, attack))),
        ...ofAbs(attack),
      ]),
      [
        "**least**",
        ...models.map((model) => `**${medianAndImages(minimumIn(model, norm))}**`),
        ...(abs ? ["", ""] : []),
      ],
    ],
  };
}

function accuracyTable(models: readonly ModelScores[], norm: Norm): Table {
  return {
    name: `robustness-accuracy-${norm}`,
    caption: `Accuracy up to a distance in ${NORM_TITLES[norm]} under the attacks that ran on an image`,
    header: ["model", ...DISTANCES[norm].map((distance) => `${distance}`)],
    rows: models.map((model) => [
      model.title,
      ...DISTANCES[norm].map((distance) => percentText(accuracyOf(minimumIn(model, norm), distance))),
    ]),
  };
}

/** What the cheap attacks find on more images than the others. */
function cheapTable(records: readonly AttackRecord[]): Table[] {
  const cheap = records.filter(({ attack }) => CHEAP_ATTACKS.includes(attack));
  if (cheap.length === 0) return [];
  const norms = NORMS.filter((norm) => attacksOf(cheap, norm).length > 0);
  const least = norms.flatMap((norm) => leastOf(cheap, norm, () => true));
  const { norms: scores } = scoresOfAttacks(
    least,
    norms.map((norm) => ({ norm, attacks: ["least"] })),
  );
  return [
    {
      name: "robustness-cheap",
      caption: "The cheap attacks alone, on more images",
      header: ["norm", "attacks", "images", "median", "accuracy at the bound"],
      rows: scores.map(({ norm, minimum }) => [
        NORM_TITLES[norm],
        attacksOf(cheap, norm)
          .map((attack) => `\`${attack}\``)
          .join(", "),
        `${minimum.images}`,
        distanceText(minimum.median),
        `${percentText(accuracyOf(minimum, BOUNDS[norm]))} at ${BOUNDS[norm]}`,
      ]),
    },
  ];
}

function medianAndImages(scores: DistanceScores | undefined): string {
  return scores === undefined || scores.images === 0 ? "–" : `${distanceText(scores.median)} (${scores.images})`;
}

function medianAndAccuracy(minimum: DistanceScores | undefined, bound: number): string {
  if (minimum === undefined || minimum.images === 0) return "–";
  return `${distanceText(minimum.median)}; ${percentText(accuracyOf(minimum, bound))}`;
}

function accuracyOf(minimum: DistanceScores | undefined, distance: number): number | null {
  return minimum?.accuracies.find((found) => found.distance === distance)?.accuracy ?? null;
}
