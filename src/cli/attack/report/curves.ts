import { html, type Markup } from "../../report/markup.ts";
import type { AttackRecord, NormPlan } from "../results.ts";
import { accuracyAt, BOUNDS, DISTANCES, NORM_TITLES, nearestOf, recordsOf } from "../scores.ts";

// The share of images that no attack turned, over the distance that it was allowed.

const WIDTH = 640;
const HEIGHT = 340;
const MARGIN = { left: 56, right: 16, top: 16, bottom: 48 };
/** Points at which a curve is drawn. */
const STEPS = 240;
const PERCENTAGES = [0, 25, 50, 75, 100];
/** Hues that are far apart for any number of attacks: the golden angle. */
const HUE_STEP = 137.5;

/** The curves of a norm: each attack thin, what all of them found together bold. */
export function curves(records: readonly AttackRecord[], plan: NormPlan): Markup {
  const { norm, attacks } = plan;
  const title = NORM_TITLES[norm];
  const farthest = DISTANCES[norm].at(-1) as number;
  const x = (distance: number): number =>
    round(MARGIN.left + (distance / farthest) * (WIDTH - MARGIN.left - MARGIN.right));
  const y = (share: number): number => round(MARGIN.top + (1 - share) * (HEIGHT - MARGIN.top - MARGIN.bottom));
  const path = (distances: readonly number[]): string => {
    let last = accuracyAt(distances, 0) ?? 0;
    let text = `M${x(0)} ${y(last)}`;
    for (let step = 1; step <= STEPS; ++step) {
      const distance = (farthest * step) / STEPS;
      const share = accuracyAt(distances, distance) ?? 0;
      if (share !== last) text += `H${x(distance)}V${y(share)}`;
      last = share;
    }
    return `${text}H${x(farthest)}`;
  };
  const distancesOf = (found: readonly { distance: number }[]): number[] => found.map(({ distance }) => distance);
  const lines = attacks.map((attack, index) => ({
    attack,
    colour: `hsl(${Math.round(index * HUE_STEP) % 360} 60% 48%)`,
    distances: distancesOf(recordsOf(records, norm, attack)),
  }));
  const minimum = distancesOf(nearestOf(records, plan));
  const bold =
    minimum.length === 0
      ? ""
      : html`<path class="minimum" d="${path(minimum)}"><title>minimum of all attacks</title></path>`;
  const bound = BOUNDS[norm];
  return html`<figure>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="curves-${norm}-title curves-${norm}-text">
<title id="curves-${norm}-title">Accuracy by ${title} distance</title>
<desc id="curves-${norm}-text">The share of images that no attack changed the label of, over the distance allowed. The
table below has the numbers.</desc>
<g class="grid">${PERCENTAGES.map((percent) => html`<path d="M${x(0)} ${y(percent / 100)}H${x(farthest)}"/>`)}</g>
<path class="bound" d="M${x(bound)} ${y(1)}V${y(0)}"/>
${lines
  .filter(({ distances }) => distances.length > 0)
  .map(
    ({ attack, colour, distances }) =>
      html`<path class="attack" stroke="${colour}" d="${path(distances)}"><title>${attack}</title></path>
`,
  )}${bold}
<g class="axis" text-anchor="end">${PERCENTAGES.map(
    (percent) => html`<text x="${x(0) - 6}" y="${y(percent / 100) + 4}">${percent} %</text>`,
  )}</g>
<g class="axis" text-anchor="middle">${[0, ...DISTANCES[norm]].map(
    (distance) => html`<text x="${x(distance)}" y="${y(0) + 18}">${distance}</text>`,
  )}
<text x="${x(farthest / 2)}" y="${HEIGHT - 8}">${title} distance</text></g>
<text class="axis" text-anchor="middle" transform="translate(14 ${y(0.5)}) rotate(-90)">accuracy</text>
</svg>
<figcaption>${lines.map(
    ({ attack, colour }) => html`<span class="key"><i style="background:${colour}"></i>${attack}</span> `,
  )}<span class="key"><i class="bold"></i>minimum</span>
<span class="key"><i class="dashed"></i>bound of the comparison, ${bound}</span></figcaption>
</figure>`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}
