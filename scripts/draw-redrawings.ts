import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Shape } from "../src/cli/report/shapes.ts";
import { svgFile } from "../src/cli/report/shapes-as-svg.ts";
import { createClassifier, preprocess } from "../src/entries/node.ts";
import { readImageFile } from "../src/files/read-image-file.ts";
import { writeWholeFile } from "../src/files/write-whole-file.ts";
import { picture, text } from "./drawing/shapes.ts";

// Draws docs/redrawings.svg: some example images and how each class would redraw them, the winner framed.
//
//   npx tsx scripts/draw-redrawings.ts

const FILES = ["three-photograph.jpg", "nine-shadow.png", "star.png"];
const SIDE = 56;
const GAP = 8;
const LABEL = 18;
/** Around the winner. */
const FRAME = 3;
const TARGET = new URL("../docs/redrawings.svg", import.meta.url);

const abs = await createClassifier({ module: readFileSync(new URL("../dist/abs.wasm", import.meta.url)) });
const columns = abs.classes.length + 1;
const width = columns * (SIDE + GAP) + 2 * GAP + 150;
const height = FILES.length * (SIDE + LABEL + GAP) + LABEL + GAP;
const parts: Shape[] = [text("seen", GAP + SIDE / 2, LABEL - 4)];
parts.push(
  text("redrawn by each class, with its loss × 1000", 2 * GAP + (columns * (SIDE + GAP) + SIDE) / 2, LABEL - 4),
);
for (const [row, file] of FILES.entries()) {
  const top = LABEL + row * (SIDE + LABEL + GAP);
  const { frames } = await readImageFile(fileURLToPath(new URL(`../examples/images/${file}`, import.meta.url)));
  for (const frame of frames) {
    const { image } = preprocess(frame);
    const { classes, label, name, confidence, rejected } = abs.explain(image);
    parts.push(picture(image, GAP, top, SIDE));
    for (const [index, { loss, reconstruction }] of classes.entries()) {
      const left = 2 * GAP + (index + 1) * (SIDE + GAP);
      const wins = index === label && !rejected;
      if (wins) {
        const side = SIDE + 2 * FRAME;
        parts.push({ kind: "box", x: left - FRAME, y: top - FRAME, width: side, height: side, colour: "for" });
      }
      parts.push(picture(reconstruction, left, top, SIDE));
      parts.push(text((1000 * loss).toFixed(0), left + SIDE / 2, top + SIDE + 13, wins));
    }
    const verdict = rejected ? "no digit" : `${name}, ${(100 * confidence).toFixed(1)} % sure`;
    parts.push(text(verdict, columns * (SIDE + GAP) + 2 * GAP + 75, top + SIDE / 2 + 4, true));
  }
}
await writeWholeFile(TARGET, svgFile({ width, height, shapes: parts }, "Pictures, and how each class redraws them"));
console.log(`wrote ${fileURLToPath(TARGET)}`);
