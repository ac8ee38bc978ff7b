import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Classifier } from "../../src/entries/node.ts";
import { createClassifier } from "../../src/entries/node.ts";
import { uniformNumbers } from "../../test/support/random-model.ts";
import { mean, quantile } from "../measure/statistics.ts";
import { digits } from "../measure/table.ts";
import { type Digits, readDigits, toUnitRange } from "../sets/mnist.ts";
import type { Report, Settings } from "./part.ts";

// What the race at standard effort takes when an image makes it hard: junk and noise, and images halfway between two digits,
// where the classes come closest. Processor time of every single call, which other processes disturb less than time on the
// clock. Ratios are to the mean of clean digits.

const JUNK = 10_000;
const BOUNDARIES = 2_000;
/** Halvings of the way between two digits. */
const BISECTIONS = 12;
const WARM_UP = 500;

interface Outcome {
  images: string;
  count: number;
  /** Microseconds. */
  mean: number;
  median: number;
  percentile999: number;
  /** Over the mean of clean digits. */
  meanRatio: number;
  percentile999Ratio: number;
  meanEvaluations: number;
  mostEvaluations: number;
}

export async function worstCasePart({ data }: Settings): Promise<Report> {
  const test = readDigits(data, "test");
  const abs = await createClassifier();
  for (let index = 0; index < WARM_UP; ++index) abs.classify(test.image(index));
  const clean = timeAll(abs, test.count, (index) => toUnitRange(test.image(index)));
  const sets: [string, Calls][] = [
    ["clean digits", clean],
    ["junk and noise", timeAll(abs, JUNK, junk(test))],
    ["between two digits, at the boundary", timeAll(abs, BOUNDARIES, boundary(abs, test))],
  ];
  const reference = mean(clean.microseconds);
  const results = sets.map(([images, { microseconds, evaluations }]): Outcome => {
    const percentile999 = quantile(microseconds, 0.999);
    return {
      images,
      count: microseconds.length,
      mean: mean(microseconds),
      median: quantile(microseconds, 0.5),
      percentile999,
      meanRatio: mean(microseconds) / reference,
      percentile999Ratio: percentile999 / reference,
      meanEvaluations: mean(evaluations),
      mostEvaluations: Math.max(...evaluations),
    };
  });
  return {
    results,
    tables: [
      {
        name: "worst-case",
        caption: "The race at standard effort on hard images; processor time of single calls, µs:",
        header: [
          "images",
          "number",
          "mean",
          "99.9th percentile",
          "of a clean digit's mean",
          "evaluations, mean and most",
        ],
        rows: results.map((row) => [
          row.images,
          row.count.toLocaleString("en-GB"),
          digits(row.mean),
          digits(row.percentile999),
          `${digits(row.meanRatio)} and ${digits(row.percentile999Ratio)} times`,
          `${digits(row.meanEvaluations)} and ${row.mostEvaluations}`,
        ]),
      },
    ],
  };
}

interface Calls {
  microseconds: number[];
  evaluations: number[];
}

function timeAll(abs: Classifier, count: number, imageAt: (index: number) => Float32Array): Calls {
  const microseconds: number[] = [];
  const evaluations: number[] = [];
  for (let index = 0; index < count; ++index) {
    const image = imageAt(index);
    const before = process.cpuUsage();
    const result = abs.classify(image);
    const { user, system } = process.cpuUsage(before);
    microseconds.push(user + system);
    evaluations.push(result.evaluations);
  }
  return { microseconds, evaluations };
}

/** Images that are no digits: grey levels, noise of every strength, noisy digits and stripes, in turn. */
function junk(test: Digits): (index: number) => Float32Array {
  const next = uniformNumbers(1);
  return (index) => {
    const level = next();
    const strength = next();
    const period = 1 + 13 * next();
    const digit = test.image(index);
    return Float32Array.from({ length: IMAGE_PIXELS }, (_, pixel) => {
      const noise = strength * (next() + next() + next() - 1.5);
      const kinds = [level, level + noise, (digit[pixel] as number) / 255 + noise, Math.floor(pixel / period) % 2];
      return Math.min(1, Math.max(0, kinds[index % kinds.length] as number));
    });
  };
}

/**
 * Images on the straight way from one digit to one of another label, bisected by the classifier itself to where its label
 * changes: the cheapest attack, whose images two or more classes redraw equally well.
 */
function boundary(abs: Classifier, test: Digits): (index: number) => Float32Array {
  return (index) => {
    const from = toUnitRange(test.image(index));
    const { label } = abs.classify(from);
    let other = index + 1;
    let to = toUnitRange(test.image(other));
    while (abs.classify(to).label === label) to = toUnitRange(test.image(++other));
    const between = (share: number): Float32Array =>
      from.map((value, pixel) => value + share * ((to[pixel] as number) - value));
    let [low, high] = [0, 1];
    for (let halving = 0; halving < BISECTIONS; ++halving) {
      const middle = (low + high) / 2;
      if (abs.classify(between(middle)).label === label) low = middle;
      else high = middle;
    }
    return between(index % 2 === 0 ? low : high);
  };
}
