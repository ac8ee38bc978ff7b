/** One way to search. */
export interface Schedule {
  name: string;
  /** Of the paper's search. */
  samples?: number;
  updates?: number;
  /** Mean over the images. */
  multiplyAdds: number;
  /** Share of the images whose label is that of the paper's whole search. */
  agreement: number;
}

/** Multiply-adds (logarithmic) against agreement: a curve for every number of samples, a point for every effort. */
export function schedulePlot(schedules: readonly Schedule[]): object {
  const values = schedules.map(({ name, samples, multiplyAdds, agreement }) => ({
    name,
    search: samples === undefined ? "the race" : `the paper's, ${samples} samples`,
    effort: samples === undefined ? name.replace("race, ", "") : "",
    millions: Number((multiplyAdds / 1e6).toPrecision(4)),
    agreement: Number((100 * agreement).toFixed(2)),
  }));
  const searches = [...new Set(values.map(({ search }) => search))];
  const colors = ["#e8590c", "#1c3d5a", "#2f6690", "#5a8bb0", "#8fb3cc", "#bdd3e2"];
  const least = Math.floor(Math.min(...values.map(({ agreement }) => agreement)));
  const x = {
    field: "millions",
    type: "quantitative",
    scale: { type: "log", nice: true },
    axis: { title: "multiply-adds per decision, millions (logarithmic)", tickCount: 4, format: "," },
  };
  const y = {
    field: "agreement",
    type: "quantitative",
    scale: { domain: [least, 100] },
    axis: { title: "label of the paper's whole search, %" },
  };
  const color = {
    field: "search",
    type: "nominal",
    scale: { domain: searches, range: colors },
    legend: { title: null, labelLimit: 0 },
  };
  const isRace = "datum.search === 'the race'";
  return {
    data: { values },
    width: 460,
    height: 300,
    config: { font: "sans-serif", axis: { labelFontSize: 12, titleFontSize: 12 }, legend: { labelFontSize: 12 } },
    layer: [
      {
        transform: [{ filter: `!(${isRace})` }],
        mark: { type: "line", point: { size: 30 }, strokeWidth: 1.5 },
        encoding: { x, y, color },
      },
      { transform: [{ filter: isRace }], mark: { type: "point", filled: true, size: 90 }, encoding: { x, y, color } },
      ...["left", "right"].map((align) => ({
        // Neighbours' words go to different sides.
        transform: [{ filter: `${isRace} && (datum.effort === 'quick') === ${align === "right"}` }],
        mark: { type: "text", align, dx: align === "right" ? 4 : -4, dy: 16, fontSize: 12 },
        encoding: { x, y, text: { field: "effort" } },
      })),
    ],
  };
}
