import { parseArgs } from "node:util";
import { IMAGE_PIXELS } from "../format/image.ts";
import { asFramedDigit, type FrameMeasures, measureFrame } from "../src/image/framed.ts";
import { quantile } from "./measure/statistics.ts";
import { tableLines } from "./measure/table.ts";
import { readTraining, toUnitRange } from "./sets/mnist.ts";

// What MNIST's 60,000 training images have in common: the limits of src/image/framed.ts leave some room beyond it.
//
//   npx tsx bench/frames.ts --data DIR

const { values: options } = parseArgs({ options: { data: { type: "string" } } });
if (options.data === undefined) throw new Error("--data DIR is wanted: the folder with MNIST's .gz files");

const { images } = readTraining(options.data);
const frames = Array.from({ length: images.length / IMAGE_PIXELS }, (_, index) =>
  toUnitRange(images.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS)),
);
const measures = frames.map(measureFrame);
const SHARES = [0, 0.001, 0.01, 0.5, 0.99, 0.999, 1];
const rows = (["border", "brightest", "side", "offCentre", "stroke"] as const satisfies (keyof FrameMeasures)[]).map(
  (name) => {
    const values = measures.map((measured) => measured[name]);
    return [name, ...SHARES.map((share) => quantile(values, share).toFixed(3))];
  },
);
console.log(tableLines(["quantile", ...SHARES.map(String)], rows));
const fitting = frames.filter((data) => asFramedDigit({ data, width: 28, height: 28, channels: 1 }) !== undefined);
console.log(`${fitting.length} of ${frames.length} pass as they are`);
