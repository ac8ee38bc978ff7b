import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IMAGE_PIXELS } from "../../format/image.ts";
import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import { NORM_TITLES } from "../../src/cli/attack-scores.ts";
import { unpackFloats } from "../../src/cli/packed-floats.ts";
import { createClassifier } from "../../src/entries/node.ts";
import type { Table } from "../measure/table.ts";
import { resultFiles } from "./results.ts";

/** The nearest image found for one of the data set. */
interface Nearest {
  readonly truth: number;
  readonly distance: number;
  readonly changed: Float32Array;
}

/**
 * How many of the nearest images that mislead ABS mislead the paper's search as well, which spends a hundred times more: the
 * others are failures of the race, not of the model.
 */
export async function searchFailureTable(folder: string): Promise<Table[]> {
  const nearest = readNearest(folder);
  if (nearest.size === 0) return [];
  const paper = await createClassifier({ inference: "paper" });
  const rows = NORMS.flatMap((norm) => {
    const found = [...nearest].filter(([key]) => key.startsWith(`${norm} `)).map(([, image]) => image);
    if (found.length === 0) return [];
    const misled = found.filter(({ truth, changed }) => paper.classify(changed).label !== truth).length;
    return [[NORM_TITLES[norm], `${found.length}`, `${((100 * misled) / found.length).toFixed(1)} %`]];
  });
  return [
    {
      name: "robustness-search",
      caption: "Of the nearest images that mislead ABS, those that mislead the paper's search of every class, too",
      header: ["norm", "images", "mislead the paper's search"],
      rows,
    },
  ];
}

function readNearest(folder: string): Map<string, Nearest> {
  const nearest = new Map<string, Nearest>();
  for (const file of resultFiles(folder, "abs")) {
    const [, ...lines] = readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
    for (const line of lines) {
      const { image, truth, norm, distance, changed } = JSON.parse(line) as {
        image: number;
        truth: number;
        norm: Norm;
        distance: number | null;
        changed?: string;
      };
      const key = `${norm} ${image}`;
      if (distance === null || distance >= (nearest.get(key)?.distance ?? Number.POSITIVE_INFINITY)) continue;
      const pixels = unpackFloats(changed, IMAGE_PIXELS);
      if (pixels !== undefined) nearest.set(key, { truth, distance, changed: pixels });
    }
  }
  // Images that are wrong as they are say nothing of attacks.
  for (const [key, { distance }] of nearest) if (distance === 0) nearest.delete(key);
  return nearest;
}
