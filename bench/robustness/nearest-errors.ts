import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Norm } from "../../src/attacks/norms.ts";
import { unpackFloats } from "../../src/cli/attack/packed-floats.ts";
import { type AttackRecord, asRecord } from "../../src/cli/attack/results.ts";
import { median, NORM_TITLES } from "../../src/cli/attack/scores.ts";
import { greyPixels } from "../../src/cli/report/pictures.ts";
import type { Drawing, Shape } from "../../src/cli/report/shapes.ts";
import { type Digits, toUnitRange } from "../sets/mnist.ts";
import type { ModelName } from "./plan.ts";
import { resultFiles, resultLines } from "./results.ts";
import { leastRecords, TITLES } from "./tables.ts";

// docs/nearest-errors.svg, the paper's figure made anew: digits, and the nearest images found that each of three models takes for
// another digit. Of every class it shows the first image that all three label right and that all attacks but the slow ones have met.

const MODELS = ["plain-cnn", "adversarial-cnn", "abs"] as const satisfies readonly ModelName[];
const PANELS = ["l2", "linf"] as const satisfies readonly Norm[];

const SIDE = 64;
const GAP = 8;
const NAME = 172;
const CAPTION = 18;
const TITLE = 30;

/** A model's nearest errors in one norm. */
interface Row {
  readonly norm: Norm;
  readonly name: ModelName;
  readonly records: readonly AttackRecord[];
}

/**
 * Draws it; undefined where one of the models has no results.
 *
 * @param folder where the results lie
 */
export function nearestErrors(
  results: ReadonlyMap<ModelName, readonly AttackRecord[]>,
  folder: string,
  split: "test" | "validation",
  digits: Digits,
): Drawing | undefined {
  const rows: Row[] = PANELS.flatMap((norm) =>
    MODELS.map((name) => ({ norm, name, records: leastRecords(results.get(name) ?? [], norm) })),
  );
  const images = chosenImages(rows);
  if (images.length === 0) return undefined;
  const shapes: Shape[] = [];
  const words = (text: string, x: number, y: number, anchor: "start" | "middle" = "start", isBold = false): void => {
    shapes.push({ kind: "words", text, x, y, anchor, colour: "ink", isBold });
  };
  const show = (image: Float32Array, column: number, y: number): void => {
    shapes.push({ kind: "pixels", colours: greyPixels(image), x: NAME + column * (SIDE + GAP), y, side: SIDE });
  };
  let y = GAP;
  words("clean", GAP, y + SIDE / 2 + 4);
  images.forEach((image, column) => {
    show(toUnitRange(digits.image(image)), column, y);
  });
  y += SIDE;
  for (const { norm, name, records } of rows) {
    if (name === MODELS[0]) {
      y += TITLE;
      words(`Nearest errors in ${NORM_TITLES[norm]}, and what they are taken for`, GAP, y - 10, "start", true);
    }
    const shown = images.map((image) => records.find((record) => record.image === image) as AttackRecord);
    const changed = changedImages(folder, name, split, shown);
    shown.forEach(({ distance, label }, column) => {
      show(changed[column] as Float32Array, column, y);
      words(`${text(distance, norm)} as ${label}`, NAME + column * (SIDE + GAP) + SIDE / 2, y + SIDE + 13, "middle");
    });
    words(TITLES[name], GAP, y + SIDE / 2 - 2, "start", name === "abs");
    words(`median of these ${text(median(shown.map(({ distance }) => distance)), norm)}`, GAP, y + SIDE / 2 + 15);
    y += SIDE + CAPTION + GAP;
  }
  return { width: NAME + images.length * (SIDE + GAP) + GAP, height: y, shapes };
}

/** Of each class the first image that all rows have, none of them with a distance of 0 or without end. */
function chosenImages(rows: readonly Row[]): number[] {
  const isError = ({ distance }: AttackRecord): boolean => distance > 0 && Number.isFinite(distance);
  const [first, ...others] = rows as [Row, ...Row[]];
  const chosen = new Map<number, number>();
  for (const { image, truth } of first.records.filter(isError).toSorted((one, other) => one.image - other.image)) {
    const isEverywhere = others.every(({ records }) =>
      records.some((found) => found.image === image && isError(found)),
    );
    if (isEverywhere && !chosen.has(truth)) chosen.set(truth, image);
  }
  return [...chosen].toSorted(([one], [other]) => one - other).map(([, image]) => image);
}

/** The images that these records are about, as they are stored beside them. */
function changedImages(
  folder: string,
  name: ModelName,
  split: string,
  records: readonly AttackRecord[],
): Float32Array[] {
  const found = new Map<AttackRecord, Float32Array>();
  for (const file of resultFiles(folder, name)) {
    for (const line of resultLines(folder, file, split)) {
      const document = JSON.parse(line) as { changed?: unknown };
      const stored = asRecord(document);
      const record = records.find(
        ({ image, norm, distance }) =>
          stored?.image === image &&
          stored.norm === norm &&
          stored.distance === distance &&
          document.changed !== undefined,
      );
      const values = unpackFloats(document.changed, IMAGE_PIXELS);
      if (record !== undefined && values !== undefined) found.set(record, values);
    }
  }
  return records.map((record) => {
    const values = found.get(record);
    if (values === undefined) throw new Error(`${name}: the nearest error on image ${record.image} is not stored`);
    return values;
  });
}

function text(distance: number, norm: Norm): string {
  return distance.toFixed(norm === "linf" ? 3 : 2);
}
