import { printable } from "../../../arguments/printable.ts";
import { duration } from "../../progress.ts";
import { commandLineText } from "../../report/command-line.ts";
import { html, type Markup } from "../../report/markup.ts";
import { page } from "../../report/page.ts";
import { isConfirmed } from "../attacker.ts";
import type { AttackRun } from "../document.ts";
import { percentText, unionText } from "../lines.ts";
import { NORM_TITLES } from "../scores.ts";
import { curves } from "./curves.ts";
import { gallery } from "./gallery.ts";
import { comparisonTable, scoresTable } from "./tables.ts";

/** How a run was made. */
export interface Making {
  /** The words of the command line without the program's own name. */
  readonly commandLine: readonly string[];
  /** By the clock on the wall; left out where several machines did it. */
  readonly seconds?: number;
}

/** A run as one HTML page that needs nothing else: no script, no other file, no network. */
export function reportOf(run: AttackRun, making: Making): string {
  const { scores, plan, results, classes, complete, variant } = run;
  const title = `Attacks on ${variant === "binary-abs" ? "binary ABS" : "ABS"}`;
  const warning = html`<p class="interrupted" role="status">Not complete: ${results.length} attacks have been run, and others are
missing.</p>`;
  const content = html`${complete ? "" : warning}
<p>How far images have to change until the model takes them for another class. An image is counted as safe up to a distance when
none of these attacks found a closer one that is misclassified: others may.</p>
${comparisonTable(run)}
${unionParagraph(run)}
${plan.map(
  (part, index) => html`<section>
<h2>${NORM_TITLES[part.norm]}</h2>
${curves(results, part)}
${scores.norms[index] === undefined ? "" : scoresTable(scores.norms[index])}
${gallery(part.norm, run.gallery, classes)}
</section>
`,
)}<section>
<h2>How this was made</h2>
${settingsList(run, making)}
</section>
`;
  return page(title, content);
}

function unionParagraph({ scores: { union } }: AttackRun): Markup {
  if (union === null) return html`<p>Accuracy against several norms at once: not all of them were attacked.</p>`;
  return html`<p>Accuracy against several norms at once (${unionText(union)}): <strong>${percentText(union.accuracy)}</strong> of
${union.images} images.</p>`;
}

function settingsList(run: AttackRun, { commandLine, seconds }: Making): Markup {
  const entries: [string, string][] = [
    ["command line", commandLineText(commandLine)],
    ["version", run.version],
    ["images", `${run.images} of the ${run.split} images, from ${run.offset}`],
    ["SHA-256 of the data", run.dataSha256],
    ["weights", run.weightsSha256 === null ? "built in" : `SHA-256 ${run.weightsSha256}`],
    ["variant", run.variant],
    [
      "inference and effort",
      [
        run.inference === "paper" ? run.inference : `${run.inference}, ${run.effort}`,
        ...(isConfirmed(run) ? ["an image counts when the thorough search is misled, too"] : []),
      ].join("; "),
    ],
    ["questions per attack and image", run.budget === null ? "as many as each attack needs" : `${run.budget} at most`],
    ["seed", `${run.seed}`],
    ["time of all attacks", duration(run.attackSeconds)],
    ...(seconds === undefined ? [] : [["time by the clock", duration(seconds)] as [string, string]]),
  ];
  return html`<dl>
${entries.map(
  ([name, value]) => html`<dt>${name}</dt><dd>${printable(value)}</dd>
`,
)}</dl>`;
}
