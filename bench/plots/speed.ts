import type { Spread } from "../measure/statistics.ts";
import { digits } from "../measure/table.ts";

const KINDS = ["this project", "the paper's inference in this module", "others"] as const;
const COLORS = ["#e8590c", "#f7b267", "#8fa3b8"];

/** Bars on a logarithmic scale with whiskers from quartile to quartile; times are microseconds. */
export function speedPlot(timings: readonly (Spread & { name: string })[]): object {
  const values = timings.map(({ name, median, low, high }) => ({
    name,
    kind: kindOf(name),
    median: rounded(median / 1000),
    low: rounded(low / 1000),
    high: rounded(high / 1000),
    words: `${digits(median / 1000)} ms`,
  }));
  const lowest = Math.floor(Math.log10(Math.min(...values.map(({ low }) => low))));
  const highest = Math.ceil(Math.log10(Math.max(...values.map(({ high }) => high))));
  const decades = Array.from({ length: highest - lowest + 1 }, (_, decade) => 10 ** (lowest + decade));
  const x = {
    type: "quantitative",
    scale: { type: "log", domain: [decades[0], decades.at(-1)] },
    axis: { values: decades, format: "~g" },
  };
  const y = {
    field: "name",
    type: "nominal",
    sort: null,
    title: null,
    axis: { labelLimit: 0, ticks: false, domain: false },
  };
  const color = { field: "kind", type: "nominal", scale: { domain: KINDS, range: COLORS }, legend: null };
  const title = "one classification, ms on one thread (logarithmic)";
  return {
    data: { values },
    width: 420,
    height: { step: 22 },
    config: { font: "sans-serif", axis: { labelFontSize: 12, titleFontSize: 12 }, view: { stroke: null } },
    layer: [
      { mark: "bar", encoding: { y, x: { ...x, field: "median", title }, x2: { datum: decades[0] }, color } },
      {
        mark: { type: "rule", color: "black", strokeWidth: 1.5 },
        encoding: { y, x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        mark: { type: "text", align: "left", dx: 6, fontSize: 12 },
        encoding: { y, x: { ...x, field: "high" }, text: { field: "words" } },
      },
    ],
  };
}

function kindOf(name: string): (typeof KINDS)[number] {
  if (name.startsWith("race")) return "this project";
  return name.includes("this module") ? "the paper's inference in this module" : "others";
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
