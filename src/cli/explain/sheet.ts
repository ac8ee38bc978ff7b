import type { Rgb, Role } from "../report/palette.ts";
import { greyPixels, signedPixels } from "../report/pictures.ts";
import { type Colour, type Drawing, moved, type Shape } from "../report/shapes.ts";
import { png, widthOfWords } from "../report/shapes-as-png.ts";
import { descentChart, latentChart, shortName } from "./charts.ts";
import { distanceWords, type Findings, missingScale } from "./findings.ts";

// The content of the page as one picture.

const WIDTH = 704;
const MARGIN = 32;
const LINE = 14;
const LARGE = 140;
/** Where five stand in a row. */
const LESS_LARGE = 112;
const SMALL = 56;
/** Space between pictures. */
const GAP = 26;
/** Classes beside each other. */
const ACROSS = 10;
/** Letters of a name that fit below a small picture. */
const LONGEST_NAME = 10;
const FRAME = 2;

/** A report as a PNG. */
export function sheetOf(findings: Findings): Uint8Array {
  return png(drawingOf(findings));
}

function drawingOf(findings: Findings): Drawing {
  const sheet = new Sheet();
  const { title, verdict, original, explanation, winner, runnerUp, evidence } = findings;
  sheet.words(title, "ink", 2);
  sheet.words(`${verdict}; runner-up ${runnerUp.name}`, "ink");
  sheet.heading("What was seen, and what decides");
  const found = original === undefined ? [] : [{ pixels: [original], captions: ["the picture"] }];
  sheet.pictures(found.length === 0 ? LARGE : LESS_LARGE, 4 + found.length, [
    ...found,
    { pixels: [greyPixels(explanation.image)], captions: ["seen"] },
    { pixels: [greyPixels(winner.reconstruction)], captions: [`as ${shortName(winner.name)}`], frame: "for" },
    {
      pixels: [greyPixels(runnerUp.reconstruction)],
      captions: [`as ${shortName(runnerUp.name)}`],
      frame: "against",
    },
    {
      pixels: [signedPixels(explanation.advantage)],
      captions: [shortName(winner.name), `against ${shortName(runnerUp.name)}`],
    },
  ]);
  sheet.words(
    `Evidence by pixel: orange for ${winner.name} (${evidence.forWinner.toFixed(2)} in all), blue for ${runnerUp.name} (${Math.abs(evidence.against).toFixed(2)}).`,
    "quiet",
  );
  sheet.heading("Every class's redrawing, by loss");
  const scale = missingScale(findings.ranked);
  const frameOf = (label: number): Role | undefined =>
    label === winner.label ? "for" : label === runnerUp.label ? "against" : undefined;
  sheet.pictures(
    SMALL,
    ACROSS,
    findings.ranked.map(({ name, loss, reconstruction, missing, label }) => ({
      pixels: [greyPixels(reconstruction), signedPixels(missing, scale)],
      captions: [shortName(name, LONGEST_NAME), loss.toFixed(5)],
      frame: frameOf(label),
    })),
  );
  sheet.words("Below each, orange: ink that the redrawing lacks, blue: ink that it has too much.", "quiet");
  sheet.heading("The search's descents: lowest loss so far, logarithmic");
  sheet.drawing(descentChart(findings));
  sheet.heading("How far the image may change");
  for (const { name, l2, linf, meaning } of findings.bounds) {
    sheet.words(`${name}: L2 ${distanceWords(l2)}, L∞ ${distanceWords(linf)}`, "ink");
    sheet.words(meaning, "quiet", 1, 12);
  }
  sheet.heading("Latents");
  sheet.drawing(latentChart(findings));
  sheet.heading("How this was made");
  for (const [name, value] of findings.making) sheet.words(`${name}: ${value}`, "quiet");
  return sheet.finished();
}

interface Captioned {
  /** Pictures below each other. */
  readonly pixels: readonly (readonly Rgb[])[];
  /** Lines below them. */
  readonly captions: readonly string[];
  /** Of a frame around the first picture. */
  readonly frame?: Role | undefined;
}

/** Shapes below each other. */
class Sheet {
  readonly #shapes: Shape[] = [];
  #y = MARGIN;

  heading(text: string): void {
    this.#y += LINE;
    this.words(text, "ink", 1.5);
  }

  /** Words in as many lines as they need. */
  words(text: string, colour: Colour, size = 1, indent = 0): void {
    for (const line of wrapped(text, WIDTH - 2 * MARGIN - indent, size)) {
      this.#y += Math.round(size * LINE);
      this.#shapes.push({
        kind: "words",
        text: line,
        x: MARGIN + indent,
        y: this.#y - 3,
        anchor: "start",
        colour,
        size,
      });
    }
    this.#y += size > 1 ? 8 : 2;
  }

  drawing({ shapes, height }: Drawing): void {
    this.#shapes.push(...shapes.map((shape) => moved(shape, MARGIN, this.#y)));
    this.#y += height;
  }

  /** Rows of so many pictures. */
  pictures(side: number, across: number, entries: readonly Captioned[]): void {
    const gap = across > 1 ? (WIDTH - 2 * MARGIN - across * side) / (across - 1) : 0;
    for (let first = 0; first < entries.length; first += across) {
      const row = entries.slice(first, first + across);
      let lowest = this.#y;
      row.forEach(({ pixels, captions, frame }, index) => {
        const left = Math.round(MARGIN + index * (side + gap));
        if (frame !== undefined) this.#frame(left, this.#y, side, frame);
        pixels.forEach((colours, below) => {
          this.#shapes.push({ kind: "pixels", colours, x: left, y: this.#y + below * (side + 4), side });
        });
        let y = this.#y + pixels.length * (side + 4);
        for (const text of captions) {
          y += LINE;
          this.#shapes.push({ kind: "words", text, x: left + side / 2, y, anchor: "middle", colour: "ink" });
        }
        lowest = Math.max(lowest, y);
      });
      this.#y = lowest + GAP / 2;
    }
  }

  #frame(x: number, y: number, side: number, colour: Role): void {
    const width = side + 2 * FRAME;
    this.#shapes.push({ kind: "box", x: x - FRAME, y: y - FRAME, width, height: width, colour });
  }

  finished(): Drawing {
    return { width: WIDTH, height: this.#y + MARGIN, shapes: this.#shapes };
  }
}

/** Words in lines that fit; a word that is longer than a line is broken. */
function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (widthOfWords(longer, size) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = "";
    for (const letter of word) {
      if (widthOfWords(line + letter, size) > width) {
        lines.push(line);
        line = "";
      }
      line += letter;
    }
  }
  return [...lines, line];
}
