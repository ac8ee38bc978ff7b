import type { Norm } from "../../../attacks/norms.ts";
import { html, type Markup } from "../../report/markup.ts";
import type { AttackRun } from "../document.ts";
import { distanceText, percentText } from "../lines.ts";
import { BOUNDS, type DistanceScores, NORM_TITLES, type NormScores } from "../scores.ts";
import { PUBLISHED } from "./published.ts";

/** The norms in which the paper compares models, in its order. */
const COMPARED = ["l2", "linf", "l0"] as const satisfies readonly Norm[];

/** Columns behind the accuracies. */
const COSTS = ["images", "not found", "questions per image", "ms per image"];

/** One norm's numbers: a row for each attack, and for the least of all. */
export function scoresTable({ norm, attacks, minimum }: NormScores): Markup {
  const row = (name: string, scores: DistanceScores, style: string): Markup => html`<tr class="${style}">
<th scope="row">${name}</th><td>${distanceText(scores.median)}</td>${scores.accuracies.map(
    ({ accuracy }) => html`<td>${percentNumber(accuracy)}</td>`,
  )}<td>${scores.images}</td><td>${scores.failures}</td><td>${rounded(scores.meanQueries)}</td><td>${rounded(
    scores.meanMilliseconds,
  )}</td></tr>
`;
  return html`<div class="wide"><table>
<caption>${NORM_TITLES[norm]}: median distance, and accuracy in % at the distances up to which an attack may go</caption>
<thead><tr><th scope="col">attack</th><th scope="col">median</th>${minimum.accuracies.map(
    ({ distance }) => html`<th scope="col">${distance}</th>`,
  )}${COSTS.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${attacks.map((scores) => row(scores.attack, scores, ""))}${row("minimum", minimum, "total")}</tbody>
</table></div>`;
}

/** This run beside the models of the paper. */
export function comparisonTable({ scores, variant, results }: AttackRun): Markup {
  const model = variant === "binary-abs" ? "binary ABS" : "ABS";
  const wrong = new Set(results.filter(({ distance }) => distance === 0).map(({ image }) => image)).size;
  const seen = new Set(results.map(({ image }) => image)).size;
  const ours = COMPARED.map((norm) => {
    const found = scores.norms.find((part) => part.norm === norm)?.minimum;
    const accuracy = found?.accuracies.find(({ distance }) => distance === BOUNDS[norm])?.accuracy ?? null;
    const median = found === undefined || found.images === 0 ? "not run" : distanceText(found.median);
    return html`<td>${median}</td><td>${percentText(accuracy)}</td>`;
  });
  return html`<div class="wide"><table>
<caption>Least distances over all attacks, beside the table of Schott et al. 2018 (arXiv:1805.09190)</caption>
<thead><tr><th scope="col">model</th><th scope="col">unchanged</th>${COMPARED.map(
    (norm) => html`<th scope="col">${NORM_TITLES[norm]} median</th><th scope="col">accuracy at ${BOUNDS[norm]}</th>`,
  )}</tr></thead>
<tbody>
<tr class="total"><th scope="row">${model}, this run</th><td>${percentText(seen === 0 ? null : 1 - wrong / seen)}</td>${ours}</tr>
${PUBLISHED.map(
  ({
    model: name,
    clean,
    ...norms
  }) => html`<tr><th scope="row">${name}, paper</th><td>${clean.toFixed(1)} %</td>${COMPARED.map(
    (norm) => html`<td>${norms[norm][0]}</td><td>${norms[norm][1]} %</td>`,
  )}</tr>
`,
)}</tbody>
</table></div>
<p>The paper's attacks on ABS had only estimated gradients, and its images, attacks and weights are others: the rows say where
this run stands, not by how much a model is better.</p>`;
}

function percentNumber(share: number | null): string {
  return share === null ? "–" : (100 * share).toFixed(1);
}

function rounded(value: number | null): string {
  return value === null ? "–" : value.toFixed(value < 10 ? 1 : 0);
}
