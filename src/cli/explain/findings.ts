import { printable } from "../../arguments/printable.ts";
import { PrototypeClassifier } from "../../certify/prototype-classifier.ts";
import type { Certificate } from "../../certify/smoothing.ts";
import { messageOf } from "../../files/file-error.ts";
import type { ClassExplanation, Explanation } from "../../results.ts";
import type { Rgb } from "../report/palette.ts";
import { largestMagnitude } from "../report/signed-colours.ts";
import type { CommandClassifier } from "../tasks.ts";

// All that a report tells about an image, whether it is a page (page.ts) or a picture (sheet.ts).

/** A class as a report shows it. */
export interface RankedClass extends ClassExplanation {
  readonly label: number;
  readonly name: string;
  /** What the image has and the redrawing lacks, 784 values; negative where the redrawing has too much. */
  readonly missing: Float32Array;
  /** After each loss that was computed the lowest so far. */
  readonly lowest: readonly number[];
  /** |z|, which is 0 for the likeliest drawing of the class. */
  readonly length: number;
}

/** How far the image may change, as one way of reckoning has it. */
export interface Bound {
  readonly name: string;
  /** Distances; undefined where this way gives none. */
  readonly l2: number | undefined;
  readonly linf: number | undefined;
  /** What they are worth, or why there are none. */
  readonly meaning: string;
}

/** What is to be explained, and how. */
export interface Subject {
  /** The file's name, and the frame's number where it has several. */
  readonly title: string;
  /** The picture in which the image was found, as `thumbnail` has it; undefined where the image was taken as it is. */
  readonly original: readonly Rgb[] | undefined;
  /** 784 values in [0, 1], as they are given to the classifier. */
  readonly given: Float32Array;
  readonly explanation: Explanation;
  /** The decision in words. */
  readonly verdict: string;
  /** Names and values that say how the report was made. */
  readonly making: readonly (readonly [string, string])[];
  readonly sigma: number;
  readonly samples: number;
}

/** What a report shows. */
export interface Findings extends Subject {
  /** By loss, the lowest first: the winner and then, in nearly all cases, the runner-up. */
  readonly ranked: readonly RankedClass[];
  readonly winner: RankedClass;
  readonly runnerUp: RankedClass;
  /** Sums of the positive and of the negative values of the explanation's `advantage`. */
  readonly evidence: { readonly forWinner: number; readonly against: number };
  readonly bounds: readonly Bound[];
}

/** Asks the classifier for all that a report shows besides the explanation. */
export function findingsOf(subject: Subject, classifier: CommandClassifier): Findings {
  const { explanation } = subject;
  const { image, label, runnerUp, advantage } = explanation;
  const classes = explanation.classes.map((entry, index) => ({
    ...entry,
    label: index,
    name: printable(classifier.classes[index] ?? String(index)),
    missing: image.map((value, pixel) => value - (entry.reconstruction[pixel] as number)),
    lowest: lowestSoFar(entry.descent),
    length: Math.hypot(...entry.latent),
  }));
  const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
  return {
    ...subject,
    title: printable(subject.title),
    verdict: printable(subject.verdict),
    making: subject.making.map(([name, value]) => [name, printable(value)] as const),
    ranked: classes.toSorted((one, other) => one.loss - other.loss),
    winner: classes[label] as RankedClass,
    runnerUp: classes[runnerUp] as RankedClass,
    evidence: {
      forWinner: sum(advantage.filter((value) => value > 0)),
      against: sum(advantage.filter((value) => value < 0)),
    },
    bounds: [...exactBounds(subject, classifier), certifiedBound(subject, classifier), estimatedBound(explanation)],
  };
}

function lowestSoFar(losses: Float32Array): number[] {
  let lowest = Number.POSITIVE_INFINITY;
  return Array.from(losses, (loss) => {
    lowest = Math.min(lowest, loss);
    return lowest;
  });
}

/** The radius of the classifier that only compares with prototypes, which can be computed; of the search nobody knows it. */
function exactBounds({ given }: Subject, classifier: CommandClassifier): Bound[] {
  const name = "exact, of the prototypes alone";
  let prototypes: PrototypeClassifier;
  try {
    prototypes = new PrototypeClassifier(classifier.prototypes());
  } catch (error) {
    return [{ name, l2: undefined, linf: undefined, meaning: messageOf(error) }];
  }
  const taken = printable(classifier.classes[prototypes.classify(given)] ?? "");
  const [l2, linf] = (["l2", "linf"] as const).map((norm) => prototypes.radius(given, norm).certified);
  const meaning = `no smaller change alters the label of the classifier that takes the nearest prototype: ${taken}`;
  return [{ name, l2, linf, meaning }];
}

function certifiedBound({ given, sigma, samples }: Subject, classifier: CommandClassifier): Bound {
  const found: Certificate = classifier.certify(given, { sigma, samples });
  const label = printable(classifier.classes[found.label] ?? String(found.label));
  const noise = `${samples} copies with noise of ${sigma}`;
  return {
    name: "certified, by smoothing",
    l2: found.abstained ? undefined : found.radius,
    linf: undefined,
    meaning: found.abstained
      ? `nothing is certain: ${noise} do not agree on ${label}`
      : `no shorter change alters what most noisy copies are taken for: ${label}; ${noise}, wrong at most once in a thousand`,
  };
}

function estimatedBound({ radiusEstimate, view }: Explanation): Bound {
  const name = "estimated";
  if (radiusEstimate === undefined) {
    return {
      name,
      l2: undefined,
      linf: undefined,
      meaning:
        view === "given"
          ? "none: the loss jumps where a pixel crosses the threshold"
          : "none: the redrawings are those of another view of the image",
    };
  }
  return { name, ...radiusEstimate, meaning: "no bound: it holds if the search found every class's best redrawing" };
}

/** What shows the classes' `missing` at full strength: one scale for all of them, so that they can be compared. */
export function missingScale(ranked: readonly RankedClass[]): number {
  return Math.max(...ranked.map(({ missing }) => largestMagnitude(missing)));
}

/** A distance in words. */
export function distanceWords(distance: number | undefined): string {
  if (distance === undefined) return "–";
  return Number.isFinite(distance) ? distance.toFixed(3) : "∞";
}
