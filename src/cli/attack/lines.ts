import { duration } from "../progress.ts";
import type { AttackRun } from "./document.ts";
import { type AttackScores, type DistanceScores, NORM_TITLES, type NormScores } from "./scores.ts";

/** A share in percent, a dash where there is none. */
export function percentText(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(1)} %`;
}

/** A distance with as many digits as its norm has a use for; a dash where attacks found nothing. */
export function distanceText(distance: number): string {
  if (distance === Number.POSITIVE_INFINITY) return "–";
  return Number.isInteger(distance) ? `${distance}` : distance.toFixed(distance < 1 ? 3 : 2);
}

/** The bounds of the union in a few words. */
export function unionText({ bounds }: NonNullable<AttackScores["union"]>): string {
  return Object.entries(bounds)
    .map(([norm, bound]) => `${NORM_TITLES[norm as keyof typeof NORM_TITLES]} ${bound}`)
    .join(", ");
}

/** One table for each norm, the least of all attacks last. */
export function attackTables({ scores }: AttackRun): string[] {
  return scores.norms.flatMap(normLines);
}

/** What else there is to say of a run. */
export function attackLines({ scores, images, complete, attackSeconds }: AttackRun): string[] {
  const { union } = scores;
  return [
    ...(union === null
      ? []
      : [`at once (${unionText(union)}): accuracy ${percentText(union.accuracy)} of ${union.images}`]),
    `attacks took ${duration(attackSeconds)} in all, on ${images} images`,
    ...(complete ? [] : ["not complete: attacks are missing; with --resume FILE a run goes on where it ended"]),
  ];
}

function normLines({ norm, attacks, minimum }: NormScores): string[] {
  const rows = [...attacks.map((row) => ({ name: row.attack, row })), { name: "minimum", row: minimum }];
  const width = Math.max(...rows.map(({ name }) => name.length));
  const cells = (values: readonly string[]): string => values.map((value) => value.padStart(6)).join("");
  const percent = (share: number | null): string => (share === null ? "–" : (100 * share).toFixed(1));
  const line = (name: string, { median, accuracies, images }: DistanceScores): string =>
    `${name.padEnd(width)}${distanceText(median).padStart(8)}${cells([
      ...accuracies.map(({ accuracy }) => percent(accuracy)),
      `${images}`.padStart(7),
    ])}`;
  const distances = minimum.accuracies.map(({ distance }) => `${distance}`);
  return [
    `${NORM_TITLES[norm]}: median distance, accuracy in % at each distance, images`,
    `${" ".repeat(width)}${"median".padStart(8)}${cells([...distances, " images"])}`,
    ...rows.map(({ name, row }) => line(name, row)),
    "",
  ];
}
