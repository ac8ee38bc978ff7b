import { IMAGE_PIXELS } from "../../format/image.ts";
import { NORMS, type Norm } from "../../src/attacks/norms.ts";
import { unpackFloats } from "../../src/cli/attack/packed-floats.ts";
import { NORM_TITLES } from "../../src/cli/attack/scores.ts";
import { createClassifier } from "../../src/entries/node.ts";
import type { Table } from "../measure/table.ts";
import { resultFiles, resultLines } from "./results.ts";

/** The nearest image found for one of the data set. */
interface Nearest {
  readonly truth: number;
  readonly distance: number;
  readonly changed: Float32Array;
}

/**
 * How many of the nearest images that mislead ABS do so still when every class has the lower of the losses that the thorough race
 * and the paper's search found, which spends a hundred times more. The others turn back by a search, not by the model.
 */
export async function searchFailureTable(folder: string, split: string): Promise<Table[]> {
  const nearest = readNearest(folder, split);
  if (nearest.size === 0) return [];
  const searches = [await createClassifier({ effort: "thorough" }), await createClassifier({ inference: "paper" })];
  const labelOf = (image: Float32Array): number => {
    const found = searches.map((search) => search.explain(image).losses);
    const lowest = Array.from(found[0] ?? [], (loss, label) => Math.min(loss, found[1]?.[label] ?? loss));
    return lowest.indexOf(Math.min(...lowest));
  };
  const rows = NORMS.flatMap((norm) => {
    const found = [...nearest].filter(([key]) => key.startsWith(`${norm} `)).map(([, image]) => image);
    if (found.length === 0) return [];
    const misled = found.filter(({ truth, changed }) => labelOf(changed) !== truth).length;
    return [[NORM_TITLES[norm], `${found.length}`, `${((100 * misled) / found.length).toFixed(1)} %`]];
  });
  return [
    {
      name: "robustness-search",
      caption:
        "Of the nearest images that mislead ABS, those that do when every class has the lowest loss of two long searches",
      header: ["norm", "images", "still misled"],
      rows,
    },
  ];
}

function readNearest(folder: string, split: string): Map<string, Nearest> {
  const nearest = new Map<string, Nearest>();
  for (const file of resultFiles(folder, "abs")) {
    for (const line of resultLines(folder, file, split)) {
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
