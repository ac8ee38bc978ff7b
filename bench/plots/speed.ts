import type { Spread } from "../measure/statistics.ts";
import { digits } from "../measure/table.ts";

/** Bars on a logarithmic scale with whiskers from quartile to quartile; times are microseconds. */
export function speedPlot(timings: readonly (Spread & { name: string })[]): object {
  const lowest = 10 ** Math.floor(Math.log10(Math.min(...timings.map(({ low }) => low))));
  // Half a decade of room for the words behind the longest bar.
  const highest = 10 ** Math.ceil(0.5 + Math.log10(Math.max(...timings.map(({ high }) => high))));
  const values = timings.map(({ name, median, low, high }) => ({
    name,
    median: rounded(median),
    low: rounded(low),
    high: rounded(high),
    words: `${digits(median / 1000)} ms`,
    kind: name.startsWith("race") ? "this project" : name.includes("this module") ? "paper's, this module" : "others",
  }));
  const ticks = Array.from({ length: Math.log10(highest / lowest) + 1 }, (_, power) => lowest * 10 ** power);
  const x = {
    type: "quantitative",
    scale: { type: "log", domain: [lowest, highest] },
    axis: { values: ticks, format: "," },
  };
  const y = {
    field: "name",
    type: "nominal",
    sort: null,
    title: null,
    axis: { labelLimit: 0, ticks: false, domain: false },
  };
  return {
    data: { values },
    width: 420,
    height: { step: 22 },
    config: { font: "sans-serif", axis: { labelFontSize: 12, titleFontSize: 12 }, view: { stroke: null } },
    layer: [
      {
        mark: "bar",
        encoding: {
          y,
          x: { ...x, field: "median", title: "one classification, µs on one thread (logarithmic)" },
          x2: { datum: lowest },
          color: {
            field: "kind",
            type: "nominal",
            scale: {
              domain: ["this project", "paper's, this module", "others"],
              range: ["#e8590c", "#f7b267", "#8fa3b8"],
            },
            legend: null,
          },
        },
      },
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

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
