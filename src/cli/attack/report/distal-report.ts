import { type DistalResult, SUCCESS } from "../../../attacks/distal.ts";
import { html } from "../../report/markup.ts";
import { page } from "../../report/page.ts";
import { picture } from "../../report/pictures.ts";
import { percentText } from "../lines.ts";

/** A climb from noise to a class, as it is shown. */
export interface DistalOutcome extends DistalResult {
  /** The class's name. */
  readonly name: string;
  /** How far the image is from the noise, in L2. */
  readonly fromNoise: number;
}

/** Why a climb that ended at a probability, [0, 1], is no success. */
export function shortfall(probability: number): string {
  return probability >= SUCCESS ? "rejected" : "not reached";
}

/** What climbs from noise led to, as one HTML page that needs nothing else. */
export function distalReport(
  outcomes: readonly DistalOutcome[],
  { classes, confidence }: { classes: number; confidence: string },
): string {
  const title = "From noise to confidence";
  const rows = outcomes.map(
    ({ name, success, probability, steps, fromNoise, start, image }) => html`<tr>
<th scope="row">${name}</th>
<td>${picture(start, `the noise from which the climb to ${name} starts`)}</td>
<td>${picture(image, `what the model takes for ${name}`)}</td>
<td>${percentText(probability)}${success ? "" : `, ${shortfall(probability)}`}</td>
<td>${steps}</td>
<td>${fromNoise.toFixed(2)}</td>
</tr>
`,
  );
  const warning = html`<p class="interrupted" role="status">Not complete: ${outcomes.length} of ${classes} classes have been climbed to.</p>
`;
  const content = html`${outcomes.length < classes ? warning : ""}<p>Uniform noise is led, along the gradient, to where the model is sure of a class. A success is a failure of the model only
where people do not see the class: look at the pictures.</p>
<div class="wide"><table class="gallery">
<caption>By class, under the ${confidence} confidence</caption>
<thead><tr><th scope="col">class</th><th scope="col">noise</th><th scope="col">reached</th><th scope="col">probability</th>
<th scope="col">steps</th><th scope="col">L2 from the noise</th></tr></thead>
<tbody>
${rows}</tbody>
</table></div>
`;
  return page(title, content);
}
