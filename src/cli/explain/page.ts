import { html, type Markup } from "../report/markup.ts";
import { page } from "../report/page.ts";
import { embedded, greyPixels, signedPixels } from "../report/pictures.ts";
import { svg } from "../report/shapes-as-svg.ts";
import { descentChart, latentChart } from "./charts.ts";
import { type Bound, distanceWords, type Findings, missingScale, type RankedClass } from "./findings.ts";

/** Of the pictures above the others. */
const LARGE = 168;

/** A report as one HTML page that needs nothing else: no script, no other file, no network. */
export function pageOf(findings: Findings): string {
  const { title, verdict, original, winner, runnerUp, explanation, evidence, making } = findings;
  const [won, second] = [winner.name, runnerUp.name];
  const content = html`<p class="verdict"><strong>${verdict}</strong>; runner-up ${second}</p>
<section>
<h2>What was seen, and what decides</h2>
<div class="pictures">
${original === undefined ? "" : figure(embedded(original, "the picture, with a frame around what was found in it", LARGE), "the picture, and what was found")}
${figure(embedded(greyPixels(explanation.image), "the image as the model sees it", LARGE), "seen")}
${figure(embedded(greyPixels(winner.reconstruction), `the image redrawn as ${won}`, LARGE), `redrawn as ${won}`, "winner")}
${figure(embedded(greyPixels(runnerUp.reconstruction), `the image redrawn as ${second}`, LARGE), `redrawn as ${second}`, "runner-up")}
${figure(
  embedded(signedPixels(explanation.advantage), `where ${won} explains the image better than ${second}`, LARGE),
  `${won} against ${second}`,
)}
</div>
<p>The last picture is the evidence by pixel: orange where ${won} explains the image better, blue where ${second} does. Errors
differ by ${evidence.forWinner.toFixed(2)} for ${won} and by ${Math.abs(evidence.against).toFixed(2)} for ${second}.</p>
</section>
<section>
<h2>Every class's redrawing</h2>
<p>The lowest loss wins. Below each redrawing, in orange the ink that it lacks, in blue the ink that it has too much.</p>
${redrawings(findings)}
</section>
<section>
<h2>The search's descents</h2>
<figure class="chart">${svg(
    descentChart(findings),
    "descents",
    "Loss by evaluations",
    `The lowest loss of each class so far, over the evaluations of its decoder. ${won} ends at ${winner.loss.toFixed(5)}, ${second} at ${runnerUp.loss.toFixed(5)}. The table of latents has the others.`,
  )}
<figcaption>The lowest loss so far, on a logarithmic scale, after each evaluation of a class's decoder. Where
each begins was chosen by surrogates, or among stored latents.</figcaption></figure>
</section>
<section>
<h2>How far the image may change</h2>
<div class="wide"><table>
<thead><tr><th scope="col">radius</th><th scope="col">L2</th><th scope="col">L∞</th><th scope="col" class="meaning">what it is worth</th></tr></thead>
<tbody>
${findings.bounds.map(boundRow)}</tbody>
</table></div>
</section>
<section>
<h2>Latents</h2>
<figure class="chart">${svg(
    latentChart(findings),
    "latents",
    "Latents by class",
    "A row of bars for each class: one for each number of its latent, upwards where positive. The table below has the numbers.",
  )}
<figcaption>What each class's decoder drew from: numbers that are mostly between −2 and 2 for the images of training. |z| is the
distance from the class's likeliest drawing.</figcaption></figure>
<div class="wide">${numbersTable(findings)}</div>
</section>
<section>
<h2>How this was made</h2>
<dl>
${making.map(
  ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
)}</dl>
</section>
`;
  return page(title, content);
}

function figure(image: Markup, caption: string, style = ""): Markup {
  return html`<figure class="${style}">${image}<figcaption>${caption}</figcaption></figure>`;
}

function redrawings({ ranked, winner, runnerUp }: Findings): Markup {
  const scale = missingScale(ranked);
  return html`<ol class="pictures">
${ranked.map(
  ({
    label,
    name,
    loss,
    reconstruction,
    missing,
  }) => html`<li><figure class="${label === winner.label ? "winner" : label === runnerUp.label ? "runner-up" : ""}">${embedded(
    greyPixels(reconstruction),
    `redrawn as ${name}`,
  )}${embedded(signedPixels(missing, scale), `what the redrawing as ${name} lacks`)}<figcaption>${name}, loss ${loss.toFixed(5)}</figcaption></figure></li>
`,
)}</ol>`;
}

function boundRow({ name, l2, linf, meaning }: Bound): Markup {
  return html`<tr><th scope="row">${name}</th><td>${distanceWords(l2)}</td><td>${distanceWords(linf)}</td><td class="meaning">${meaning}</td></tr>
`;
}

function numbersTable({ ranked, winner }: Findings): Markup {
  const isFitted = ranked.some(({ gain, offset }) => gain !== 1 || offset !== 0);
  const fits = isFitted ? html`<th scope="col">gain</th><th scope="col">offset</th>` : "";
  const fitted = ({ gain, offset }: RankedClass): Markup | string =>
    isFitted ? html`<td>${gain.toFixed(2)}</td><td>${offset.toFixed(2)}</td>` : "";
  const latents = Array.from(ranked[0]?.latent ?? [], (_, index) => html`<th scope="col">z${index + 1}</th>`);
  return html`<table class="numbers">
<caption>By loss, with the evaluations of each class's decoder</caption>
<thead><tr><th scope="col">class</th><th scope="col">loss</th><th scope="col">evaluations</th>${fits}<th scope="col">|z|</th>${latents}</tr></thead>
<tbody>
${ranked.map(
  (
    entry,
  ) => html`<tr class="${entry.label === winner.label ? "total" : ""}"><th scope="row">${entry.name}</th><td>${entry.loss.toFixed(5)}</td><td>${entry.descent.length}</td>${fitted(entry)}<td>${entry.length.toFixed(2)}</td>${Array.from(entry.latent, (value) => html`<td>${value.toFixed(2)}</td>`)}</tr>
`,
)}</tbody>
</table>`;
}
