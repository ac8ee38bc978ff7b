import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import { distanceText, percentText } from "../../src/cli/attack-lines.ts";
import type { AttackRecord, NormPlan } from "../../src/cli/attack-results.ts";
import { BOUNDS, DISTANCES, type DistanceScores, NORM_TITLES, scoresOfAttacks } from "../../src/cli/attack-scores.ts";
import type { Table } from "../measure/table.ts";
import { type ModelName, PLANS } from "./plan.ts";

const TITLES: Readonly<Record<ModelName, string>> = {
  abs: "ABS",
  "binary-abs": "binary ABS",
  "plain-cnn": "plain CNN",
  "adversarial-cnn": "adversarially trained CNN",
  "nearest-neighbour": "nearest neighbour",
  "published-abs": "ABS, published weights",
  "published-binary-abs": "binary ABS, published weights",
};

/** The tables of docs/robustness.md, from the results of every model. */
export function robustnessTables(results: ReadonlyMap<ModelName, readonly AttackRecord[]>): Table[] {
  const models = [...results].filter(([, records]) => records.length > 0);
  const plans = new Map(models.map(([name, records]) => [name, planOf(records)]));
  const scores = new Map(
    models.map(([name, records]) => {
      const all = records.filter(({ image }) => image < PLANS[name].images);
      return [name, scoresOfAttacks(all, plans.get(name) ?? [])];
    }),
  );
  const minimumOf = (name: ModelName, norm: Norm): DistanceScores | undefined =>
    scores.get(name)?.norms.find((found) => found.norm === norm)?.minimum;
  const names = models.map(([name]) => name);

  const compared: Table = {
    name: "robustness-models",
    caption: "The least of all attacks for each image: median distance, and accuracy at the paper's bounds",
    header: [
      "model",
      "images",
      ...NORMS.map((norm) => `${NORM_TITLES[norm]}: median; at ${BOUNDS[norm]}`),
      "L∞ .3, L2 2, L1 10 at once",
      "hours of one core",
    ],
    rows: names.map((name) => {
      const minima = NORMS.map((norm) => minimumOf(name, norm));
      const union = scores.get(name)?.union;
      const milliseconds = (results.get(name) ?? []).reduce((sum, record) => sum + record.milliseconds, 0);
      return [
        TITLES[name],
        `${minima[0]?.images ?? 0}`,
        ...minima.map((minimum, index) => medianAndAccuracy(minimum, BOUNDS[NORMS[index] as Norm])),
        union ? percentText(union.accuracy) : "–",
        (milliseconds / 3_600_000).toFixed(2),
      ];
    }),
  };
  const byNorm = NORMS.flatMap((norm) => {
    const attacks = [
      ...new Set(names.flatMap((name) => plans.get(name)?.find((part) => part.norm === norm)?.attacks ?? [])),
    ];
    if (attacks.length === 0) return [];
    const single = (name: ModelName, attack: string): string => {
      const found = scores
        .get(name)
        ?.norms.find((part) => part.norm === norm)
        ?.attacks.find((one) => one.attack === attack);
      return found === undefined ? "–" : distanceText(found.median);
    };
    return [
      {
        name: `robustness-${norm}`,
        caption: `Median distance in ${NORM_TITLES[norm]} that each attack finds alone`,
        header: ["attack", ...names.map((name) => TITLES[name]), "questions to ABS", "ms an image"],
        rows: [
          ...attacks.map((attack) => {
            const own = scores
              .get("abs")
              ?.norms.find((part) => part.norm === norm)
              ?.attacks.find((one) => one.attack === attack);
            return [
              `\`${attack}\``,
              ...names.map((name) => single(name, attack)),
              own?.meanQueries?.toFixed(0) ?? "–",
              own?.meanMilliseconds?.toFixed(0) ?? "–",
            ];
          }),
          [
            "**least**",
            ...names.map((name) => `**${distanceText(minimumOf(name, norm)?.median ?? Number.POSITIVE_INFINITY)}**`),
            minimumOf("abs", norm)?.meanQueries?.toFixed(0) ?? "–",
            minimumOf("abs", norm)?.meanMilliseconds?.toFixed(0) ?? "–",
          ],
        ],
      },
    ];
  });
  const curves = NORMS.map((norm) => ({
    name: `robustness-accuracy-${norm}`,
    caption: `Accuracy under all attacks up to a distance in ${NORM_TITLES[norm]}`,
    header: ["model", ...DISTANCES[norm].map((distance) => `${distance}`)],
    rows: names.map((name) => [
      TITLES[name],
      ...DISTANCES[norm].map((distance) => percentText(accuracyOf(minimumOf(name, norm), distance))),
    ]),
  }));
  return [compared, ...byNorm, ...curves, ...cheapTable(results)];
}

/** The attacks that ran, by norm, in the order in which they did. */
function planOf(records: readonly AttackRecord[]): NormPlan[] {
  return NORMS.map((norm) => ({
    norm,
    attacks: [...new Set(records.filter((record) => record.norm === norm).map(({ attack }) => attack))],
  })).filter(({ attacks }) => attacks.length > 0);
}

/** What the cheap attacks find on more images than the others. */
function cheapTable(results: ReadonlyMap<ModelName, readonly AttackRecord[]>): Table[] {
  const records = results.get("abs") ?? [];
  const late = records.filter(({ image }) => image >= PLANS.abs.images);
  if (late.length === 0) return [];
  const plan = planOf(late);
  const cheap = scoresOfAttacks(records, plan);
  return [
    {
      name: "robustness-cheap",
      caption: "The cheap attacks alone, on more images",
      header: ["norm", "attacks", "images", "median", "accuracy at the bound"],
      rows: cheap.norms.map(({ norm, attacks, minimum }) => [
        NORM_TITLES[norm],
        attacks.map(({ attack }) => `\`${attack}\``).join(", "),
        `${minimum.images}`,
        distanceText(minimum.median),
        percentText(accuracyOf(minimum, BOUNDS[norm])),
      ]),
    },
  ];
}

function medianAndAccuracy(minimum: DistanceScores | undefined, bound: number): string {
  if (minimum === undefined) return "–";
  return `${distanceText(minimum.median)}; ${percentText(accuracyOf(minimum, bound))}`;
}

function accuracyOf(minimum: DistanceScores | undefined, distance: number): number | null {
  return minimum?.accuracies.find((found) => found.distance === distance)?.accuracy ?? null;
}
