import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Effort } from "../effort.ts";
import type { PixelImage } from "../image/pixel-image.ts";
import type { Classification } from "../results.ts";
import { type Candidate, type Candidates, findCandidates } from "./candidates.ts";
import { evidenceFeatures, geometryFeatures, pieceFeatures } from "./features.ts";
import { bestPath, type Edge, marginals, scoresOf } from "./lattice.ts";
import { findLines } from "./lines.ts";
import type { ScoringNetwork } from "./network.ts";
import { pieceImage } from "./piece-image.ts";
import { type Impression, impressionOf } from "./piece-network.ts";
import { windowsOf } from "./piece-window.ts";
import { findStrokes, type Strokes } from "./strokes.ts";
import { GEOMETRY_NETWORK, PIECE_SCORES } from "./weights.ts";

// From a picture to classified candidates, in three sieves, each finer and dearer than the one before: by sizes, cuts and gaps; by
// whether a piece looks like one digit; by what the classifier says of it.

/** What reading asks of a classifier. */
export interface ReadingClassifier {
  /** Classifies n images, n×784 values in one array, as a `Classifier` does. */
  classifyBatch(images: Float32Array): readonly Classification[];
}

/** What an effort allows. */
export interface Bounds {
  readonly classifications: number;
  /** The most cuts for a line as wide as its digits are high. */
  readonly cutsPerHeight: number;
  /** Candidates that are less likely by their looks are not classified. */
  readonly leastShare: number;
}

/** What each effort allows. Shares were chosen on strings of validation digits, by what `npx tsx bench/strings.ts --data DIR` prints. */
export const BOUNDS: Record<Effort, Bounds> = {
  quick: { classifications: 250, cutsPerHeight: 4, leastShare: 0.1 },
  standard: { classifications: 1000, cutsPerHeight: 5, leastShare: 0.06 },
  thorough: { classifications: 4000, cutsPerHeight: 6, leastShare: 0.005 },
};
/** The second sieve sees so many times as many candidates as the classifier, at most… */
const SEEN_MORE = 4;
/** …and such as are by this factor less likely. */
const SEEN_SHARE = 0.3;
/** Candidates between two reports of progress. */
const BATCH = 32;

/** A line with what the classifier says of its candidates. */
export interface JudgedLine {
  readonly atoms: number;
  readonly candidates: readonly Candidate[];
  readonly classifications: readonly Classification[];
  /** What the network for pieces thinks of each. */
  readonly impressions: readonly Impression[];
  readonly edges: readonly Edge[];
}

/** All of a picture that readings are made from. */
export interface JudgedPicture {
  readonly strokes: Strokes | undefined;
  readonly lines: readonly JudgedLine[];
  readonly complete: boolean;
}

/** A line's candidates with what is known of each so far. */
interface Known {
  readonly candidates: Candidates;
  readonly list: readonly { readonly candidate: Candidate; readonly features: readonly number[] }[];
}

/** A candidate at which the network for pieces has looked. */
interface Seen {
  readonly candidate: Candidate;
  readonly features: readonly number[];
  readonly impression: Impression;
}

/** Finds the candidates of a picture and has them classified. @throws as `readDigits` */
export function judgePicture(
  picture: PixelImage,
  classifier: ReadingClassifier,
  bounds: Bounds,
  onProgress?: (done: number, total: number) => void,
): JudgedPicture {
  const strokes = findStrokes(picture);
  if (strokes === undefined) return { strokes, lines: [], complete: true };
  const { found, complete } = boundedCandidates(strokes, bounds);
  const all = found.flatMap(({ list }) => list);
  const classifications: Classification[] = [];
  for (let start = 0; start < all.length; start += BATCH) {
    const batch = all.slice(start, start + BATCH);
    const images = new Float32Array(batch.length * IMAGE_PIXELS);
    batch.forEach(({ candidate: { pixels, box } }, index) => {
      images.set(pieceImage(strokes, pixels, box), index * IMAGE_PIXELS);
    });
    classifications.push(...classifier.classifyBatch(images));
    onProgress?.(start + batch.length, all.length);
  }
  let at = 0;
  const lines = found.map(({ candidates: { atoms }, list }) => {
    const own = classifications.slice(at, at + list.length);
    at += list.length;
    const edges = list.map(({ candidate: { from, to }, features, impression }, index) => ({
      from,
      to,
      features: evidenceFeatures(features, impression, own[index] as Classification),
    }));
    const candidates = list.map(({ candidate }) => candidate);
    return { atoms, candidates, classifications: own, impressions: list.map(({ impression }) => impression), edges };
  });
  return { strokes, lines, complete };
}

/** The candidates of all lines that are worth to be classified, at most as many as the bound wants. */
function boundedCandidates(
  strokes: Strokes,
  { classifications: most, cutsPerHeight, leastShare }: Bounds,
): { found: { candidates: Candidates; list: readonly Seen[] }[]; complete: boolean } {
  const isFew = strokes.parts.length <= most;
  const heaviest = new Set(strokes.parts.toSorted((one, other) => other.mass - one.mass).slice(0, most));
  const parts = strokes.parts.filter((part) => heaviest.has(part));
  const lines = findLines({ ...strokes, parts });
  const known = lines.map((line) => knownOf(findCandidates(line, strokes, cutsPerHeight)));
  const first = sieve(known, GEOMETRY_NETWORK, SEEN_SHARE * leastShare, SEEN_MORE * most);
  if (countOf(first.kept) <= SEEN_MORE * most) {
    const seen = first.kept.map((line) => seenOf(line, strokes));
    const second = sieve(seen, PIECE_SCORES, leastShare, most);
    const complete = isFew && first.isWhole && second.isWhole;
    if (countOf(second.kept) <= most) return { found: second.kept, complete };
  }
  // Whole parts, each by itself.
  return { found: lines.map((line) => seenOf(wholeParts(findCandidates(line, strokes, 0)), strokes)), complete: false };
}

const countOf = (lines: readonly Known[]): number => lines.reduce((sum, { list }) => sum + list.length, 0);

function knownOf(candidates: Candidates): Known {
  return {
    candidates,
    list: candidates.list.map((candidate) => ({ candidate, features: geometryFeatures(candidate.geometry) })),
  };
}

function seenOf({ candidates, list }: Known, strokes: Strokes): { candidates: Candidates; list: Seen[] } {
  const windowOf = windowsOf(candidates, strokes.strength.width);
  return {
    candidates,
    list: list.map(({ candidate, features }) => {
      const impression = impressionOf(windowOf(candidate));
      return { candidate, features: pieceFeatures(features, impression), impression };
    }),
  };
}

function wholeParts(candidates: Candidates): Known {
  const { list } = knownOf(candidates);
  return { candidates, list: list.filter(({ candidate: { from, to } }) => to === from + 1) };
}

/** Keeps what is likelier than a share, and at most so many; but whatever is on a line's likeliest way, so that it has one. */
function sieve<Line extends Known>(
  lines: readonly Line[],
  network: ScoringNetwork,
  leastShare: number,
  most: number,
): { kept: Line[]; isWhole: boolean } {
  if (leastShare < 0) return { kept: [...lines], isWhole: true };
  const shares = lines.map((line) => sharesOf(line, network));
  const least = Math.max(leastShare, shares.flat().sort((one, other) => other - one)[most] ?? 0);
  const kept = lines.map((line, place) => ({
    ...line,
    list: line.list.filter((_, index) => {
      const share = shares[place]?.[index] as number;
      return share > least || share === Number.POSITIVE_INFINITY;
    }),
  }));
  return { kept, isWhole: least === leastShare };
}

/** How likely each candidate is; infinitely where it is on the likeliest way. */
function sharesOf({ candidates: { atoms }, list }: Known, network: ScoringNetwork): number[] {
  const edges = list.map(({ candidate: { from, to }, features }) => ({ from, to, features }));
  const scores = scoresOf(edges, network);
  const shares = marginals(edges, scores, atoms).shares.map(([asDigit, asOther]) => asDigit + asOther);
  for (const { edge } of bestPath(edges, scores, atoms)) shares[edge] = Number.POSITIVE_INFINITY;
  return shares;
}
