import { printable } from "../../../arguments/printable.ts";
import type { Norm } from "../../../attacks/norms.ts";
import { html, type Markup } from "../../report/markup.ts";
import { differencePicture, picture } from "../../report/pictures.ts";
import type { ShownChange } from "../gallery.ts";
import { distanceText } from "../lines.ts";
import { NORM_TITLES } from "../scores.ts";

const COLUMNS = [
  "image",
  "original",
  "changed",
  "difference",
  "redrawn as its class",
  "redrawn as what it is taken for",
];

/** The smallest changes of a norm that misled the model, one a row. */
export function gallery(norm: Norm, changes: readonly ShownChange[], classes: readonly string[]): Markup {
  const shown = changes.filter((change) => change.norm === norm);
  if (shown.length === 0) return html`<p>No image was found that misleads the model.</p>`;
  const title = NORM_TITLES[norm];
  const nameOf = (label: number): string => printable(classes[label] ?? String(label));
  return html`<div class="wide"><table class="gallery">
<caption>The smallest changes in ${title}; in the differences what became brighter is orange, what became darker
blue</caption>
<thead><tr>${COLUMNS.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>
${shown.map((change) => {
  const { image, truth, label, distance, attack, original, changed, redrawnAsTruth, redrawnAsLabel } = change;
  const [is, taken] = [nameOf(truth), nameOf(label)];
  return html`<tr><th scope="row">${is} → ${taken}<br>${title} ${distanceText(distance)}<br>
<small>image ${image}, by ${attack}</small></th>
<td>${picture(original, `image ${image} as it was: a ${is}`)}</td>
<td>${picture(changed, `image ${image} changed, taken for a ${taken}`)}</td>
<td>${differencePicture(original, changed, `what was changed of image ${image}`)}</td>
<td>${picture(redrawnAsTruth, `the changed image redrawn as a ${is}`)}</td>
<td>${picture(redrawnAsLabel, `the changed image redrawn as a ${taken}`)}</td></tr>
`;
})}</tbody>
</table></div>`;
}
