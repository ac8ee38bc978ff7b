import { availableParallelism } from "node:os";
import { printable } from "../arguments/printable.ts";
import type { Scores } from "./scores.ts";

/** How an evaluation on this machine went about it. */
export interface Execution {
  readonly workers: number;
  /** Images over which a time is averaged. */
  readonly chunk: number;
  readonly imagesPerSecond: number;
}

/**
 * Scores as lines of text; merged scores, which come from several machines, without an execution.
 *
 * @param columns of the terminal, where there is one: the tables are cut off there instead of being wrapped
 */
export function scoreLines(scores: Scores, execution?: Execution, columns?: number): string[] {
  const percent = (share: number | null): string => (share === null ? "–" : `${(100 * share).toFixed(2)} %`);
  const names = scores.classes.map(({ name }) => printable(name));
  const width =
    2 + Math.max(5, ...names.map((name) => name.length), ...scores.confusion.flat().map((n) => `${n}`.length));
  const cells = (values: readonly (string | number)[]): string =>
    values.map((value) => `${value}`.padStart(width)).join("");
  const fitting = (line: string): string => (columns ? line.slice(0, columns) : line);
  const { low, high } = scores.interval;
  return [
    `accuracy     ${percent(scores.accuracy)} (${scores.correct} of ${scores.images}; 95 % interval ${percent(low)} to ${percent(high)})`,
    `rejected     ${percent(scores.rejected.share)} (${scores.rejected.images})`,
    `evaluations  ${scores.meanEvaluations.toFixed(1)} per image`,
    ...timeLines(scores, execution),
    "",
    "confusion (rows are true classes, columns answers)",
    ...[
      cells(["", ...names]),
      ...scores.confusion.map((row, label) => cells([names[label] ?? "", ...row])),
      "",
      `${cells(["class", "images"])}${"precision".padStart(12)}${"recall".padStart(12)}`,
      ...scores.classes.map(
        ({ name, images, precision, recall }) =>
          `${cells([printable(name), images])}${percent(precision).padStart(12)}${percent(recall).padStart(12)}`,
      ),
    ].map(fitting),
  ];
}

function timeLines({ millisecondsPerImage }: Scores, execution: Execution | undefined): string[] {
  const { median, p99 } = millisecondsPerImage;
  const time = (clock: string): string =>
    `time         ${median.toFixed(2)} ms per image${clock} (median), ${p99.toFixed(2)} ms (99th percentile)`;
  if (execution === undefined) return [time(" on its machine's clock")];
  const { workers, chunk, imagesPerSecond } = execution;
  return [
    `${time(workers === 1 ? "" : " on its worker's clock")}, over chunks of ${chunk}`,
    `throughput   ${imagesPerSecond.toFixed(0)} images a second with ${workersOnCores(workers)}`,
  ];
}

function workersOnCores(workers: number): string {
  const cores = availableParallelism();
  if (workers === 1) return "1 worker";
  return `${workers} workers on ${cores === 1 ? "1 core" : `${cores} cores`}, their start included`;
}
