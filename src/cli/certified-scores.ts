import type { Certificate } from "../certify/smoothing.ts";
import { nearestRank } from "./scores.ts";

/** The L2 radii at which accuracy is told: those of the tables in papers on smoothing, and the bound of Schott et al. */
const RADII = [0, 0.25, 0.5, 1, 1.5];

/** A certificate for an image of a data set. */
export interface CertifiedImage extends Certificate {
  /** The image's place in its data set, from 0. */
  readonly image: number;
  readonly truth: number;
  readonly milliseconds: number;
}

/** What the certificates of a data set say together. */
export interface CertifiedScores {
  readonly images: number;
  /** Images about which nothing is certain. */
  readonly abstained: number;
  /** The share of images whose label is right and cannot change within a radius. */
  readonly accuracies: readonly { readonly radius: number; readonly accuracy: number }[];
  /** A radius is 0 where the label is wrong or nothing is certain. */
  readonly meanRadius: number;
  readonly millisecondsPerImage: { readonly mean: number; readonly median: number; readonly p99: number };
}

/** @throws RangeError without images */
export function certifiedScores(certified: readonly CertifiedImage[]): CertifiedScores {
  const images = certified.length;
  if (images === 0) throw new RangeError("no images were certified");
  const right = certified.filter(({ label, truth, abstained }) => label === truth && !abstained);
  const times = certified.map(({ milliseconds }) => milliseconds).sort((one, other) => one - other);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / images;
  return {
    images,
    abstained: certified.filter(({ abstained }) => abstained).length,
    accuracies: RADII.map((radius) => ({
      radius,
      accuracy: right.filter((certificate) => certificate.radius >= radius).length / images,
    })),
    meanRadius: mean(right.map(({ radius }) => radius)),
    millisecondsPerImage: { mean: mean(times), median: nearestRank(times, 0.5), p99: nearestRank(times, 0.99) },
  };
}

/** The scores as lines of text. */
export function certifiedLines({
  images,
  abstained,
  accuracies,
  meanRadius,
  millisecondsPerImage,
}: CertifiedScores): string[] {
  const { median, p99 } = millisecondsPerImage;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  return [
    "certified accuracy of the smoothed classifier",
    ...accuracies.map(
      ({ radius, accuracy }) => `  L2 ${radius.toString().padEnd(5)}  ${percent(accuracy).padStart(9)}`,
    ),
    `mean radius  ${meanRadius.toFixed(3)}`,
    `abstained    ${percent(abstained / images)} (${abstained} of ${images})`,
    `time         ${median.toFixed(1)} ms per image (median), ${p99.toFixed(1)} ms (99th percentile)`,
  ];
}
