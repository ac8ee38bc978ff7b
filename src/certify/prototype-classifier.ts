import { checkName, checkWhole, readFields } from "../arguments/checks.ts";
import { checkedNumbers, isList } from "../arguments/numbers.ts";
import { kindOf } from "../arguments/shown.ts";
import {
  bestMoves,
  distanceIn,
  dot,
  type HalfSpace,
  nearestPoint,
  RADIUS_NORMS,
  type RadiusNorm,
} from "./half-space.ts";
import { type PixelBox, project } from "./polyhedron.ts";

// The classifier that searches nothing: an image receives the class of the prototype with the lowest loss,
// ‖x − P‖² + w (P: what the class's decoder draws for the prototype's latent z, w = β ½‖z‖²). Its decision regions are
// unions of polyhedra, so how far an image is from the nearest other label can be computed, without chance and without a
// search that might miss a minimum.

/** Prototypes of all classes. */
export interface Prototypes {
  /** Class of each prototype, from 0 on. */
  readonly labels: readonly number[];
  /** What each looks like: values in [0, 1], all of one length. */
  readonly images: readonly (readonly number[] | Float32Array | Float64Array)[];
  /** What each adds to its squared error, 0 or more: β ½‖z‖². */
  readonly penalties: readonly number[];
}

/** How far an image is from the next label in one norm. */
export interface PrototypeRadius {
  /** No change of the image below this distance alters the label. Rigorous, up to rounding in double precision. */
  readonly certified: number;
  /** The distance to `adversarial`: the certified radius is exact where both are equal. */
  readonly attained: number;
  /** An image at the boundary of another label, values in [0, 1]. */
  readonly adversarial: Float64Array;
}

/** How much nearer than the best image found a rival's bound must be to be looked into. */
const WORTHWHILE = 1 - 1e-6;
const BOUNDARY_HALVINGS = 50;
const LARGEST_LABEL = Number.MAX_SAFE_INTEGER;
/** To which a radius in L∞ is bisected. */
const LARGEST_CHANGE_PRECISION = 1e-7;

/** A prototype of another label and its distance to the half-space against the label's best prototype. */
interface Rival {
  readonly index: number;
  readonly bound: number;
}

/** The nearest-prototype classifier with its exact robustness. */
export class PrototypeClassifier {
  readonly #labels: readonly number[];
  readonly #images: readonly Float64Array[];
  readonly #penalties: readonly number[];
  readonly #squares: readonly number[];
  readonly #pixels: number;

  /**
   * @throws {TypeError} when labels, images or penalties are no lists, or hold something that is no number
   * @throws {RangeError} when there are not as many labels as images and penalties, when the images differ in length, when a
   *   number is out of range, or when there are fewer than two classes
   */
  constructor(prototypes: Prototypes) {
    const fields = ["labels", "images", "penalties"] as const;
    const { labels, images, penalties } = readFields("prototypes", prototypes, fields, `{ ${fields.join(", ")} }`);
    if (!isList(images)) throw new TypeError(`prototypes.images: got ${kindOf(images)}, wanted a list of images`);
    const size = images.length;
    this.#labels = Array.from(checkedNumbers("prototypes.labels", labels, { size, least: 0, most: LARGEST_LABEL }));
    for (const label of this.#labels) checkWhole("prototypes.labels", label, 0);
    this.#penalties = Array.from(
      checkedNumbers("prototypes.penalties", penalties, { size, least: 0, most: Number.MAX_VALUE }),
    );
    if (new Set(this.#labels).size < 2) throw new RangeError("prototypes: got fewer than two classes");
    const first = checkedNumbers("prototypes.images[0]", images[0], { least: 0, most: 1 });
    this.#pixels = first.length;
    this.#images = images.map((image, index) => this.#checkedImage(`prototypes.images[${index}]`, image));
    this.#squares = this.#images.map((image) => dot(image, image));
  }

  #checkedImage(name: string, image: unknown): Float64Array {
    return checkedNumbers(name, image, { size: this.#pixels, least: 0, most: 1 });
  }

  /**
   * The label of the prototype with the lowest loss, of equal ones the lowest label.
   *
   * @param image as many values in [0, 1] as the prototypes have
   * @throws {TypeError | RangeError} for anything else
   */
  classify(image: readonly number[] | Float32Array | Float64Array): number {
    return this.#classify(this.#checkedImage("image", image));
  }

  #classify(image: Float64Array): number {
    let best = 0;
    let lowest = Number.POSITIVE_INFINITY;
    this.#images.forEach((_, index) => {
      // Less ‖x‖², which all have.
      const loss = this.#relativeLoss(index, image);
      const label = this.#labels[index] as number;
      if (loss < lowest || (loss === lowest && label < best)) {
        lowest = loss;
        best = label;
      }
    });
    return best;
  }

  #relativeLoss(index: number, image: Float64Array): number {
    return (
      (this.#squares[index] as number) -
      2 * dot(this.#images[index] as Float64Array, image) +
      (this.#penalties[index] as number)
    );
  }

  /**
   * How far the image is from another label in a norm.
   *
   * A rival prototype q takes the image over where it beats every prototype p of the label: in the half-spaces
   * 2(q − p)·x ≥ ‖q‖² + w_q − ‖p‖² − w_p, all at once. Any convex combination of them contains that polyhedron, so the exact
   * distance to one such combination bounds the distance to the polyhedron from below. A good one is found
   * by projecting the image onto the polyhedron (polyhedron.ts): by duality the best combination reaches the polyhedron's
   * distance, so the bound is exact in L2 and, with the box of the allowed change in place of all images, in L∞. L0 is a
   * matter of whole pixels; there the bound may stay below the distance of the best image found.
   *
   * @param image as many values in [0, 1] as the prototypes have
   * @param norm `"l2"`, `"linf"` or `"l0"`
   * @throws {TypeError | RangeError} for anything else
   */
  radius(image: readonly number[] | Float32Array | Float64Array, norm: RadiusNorm): PrototypeRadius {
    const from = this.#checkedImage("image", image);
    checkName("norm", norm, RADIUS_NORMS);
    const label = this.#classify(from);
    const own = this.#prototypesOf(label, from);
    const rivals = this.#rivals(from, own, norm);
    let attained = Number.POSITIVE_INFINITY;
    let adversarial: Float64Array = from;
    let certified = Number.POSITIVE_INFINITY;
    for (const rival of rivals) {
      if (rival.bound >= attained * WORTHWHILE) {
        certified = Math.min(certified, rival.bound);
        break;
      }
      const found = this.#improve(from, own, rival, norm, attained);
      certified = Math.min(certified, found.bound);
      if (found.point === undefined) continue;
      const distance = distanceIn(norm, from, found.point);
      if (distance >= attained) continue;
      attained = distance;
      adversarial = found.point;
    }
    return { certified: Math.min(certified, attained), attained, adversarial };
  }

  /** The label's prototypes, the one with the lowest loss first. */
  #prototypesOf(label: number, from: Float64Array): number[] {
    const own = this.#images.map((_, index) => index).filter((index) => this.#labels[index] === label);
    return own.sort((one, other) => this.#relativeLoss(one, from) - this.#relativeLoss(other, from));
  }

  /** The other labels' prototypes, the nearest half-space first. */
  #rivals(from: Float64Array, [best = 0]: readonly number[], norm: RadiusNorm): Rival[] {
    return this.#labels
      .map((label, index) => ({ label, index }))
      .filter(({ label }) => label !== this.#labels[best])
      .map(({ index }) => ({ index, bound: nearestPoint(from, this.#halfSpace(best, index), norm).distance }))
      .sort((one, other) => one.bound - other.bound);
  }

  /** Where prototype `rival` has at most the loss of prototype `own`; the normal has length 1. */
  #halfSpace(own: number, rival: number): HalfSpace {
    const ownImage = this.#images[own] as Float64Array;
    const rivalImage = this.#images[rival] as Float64Array;
    const normal = rivalImage.map((value, pixel) => 2 * (value - (ownImage[pixel] as number)));
    const length = Math.sqrt(dot(normal, normal)) || 1;
    const loss = (index: number): number => (this.#squares[index] as number) + (this.#penalties[index] as number);
    return { normal: normal.map((value) => value / length), offset: (loss(rival) - loss(own)) / length };
  }

  /** A better bound for one rival, and an image where its label wins, if its prototype or the way to it has one. */
  #improve(
    from: Float64Array,
    own: readonly number[],
    { index, bound }: Rival,
    norm: RadiusNorm,
    enough: number,
  ): { bound: number; point: Float64Array | undefined } {
    const halfSpaces = own.map((other) => this.#halfSpace(other, index));
    const distanceTo = (halfSpace: HalfSpace): number => nearestPoint(from, halfSpace, norm).distance;
    if (norm === "linf") return this.#improveLargest(from, own, index, halfSpaces, bound, enough);
    const { point, isInside, combined } = project(from, boxAround(from, 1), halfSpaces);
    if (norm === "l2") {
      return {
        bound: Math.max(bound, distanceTo(combined)),
        point: isInside ? point : this.#onTheWay(own, point, index),
      };
    }
    const bounds = [combined, ...halfSpaces].map(distanceTo);
    return { bound: Math.max(bound, ...bounds), point: this.#fewestPixels(from, own, combined, index) };
  }

  /** The same for the largest change of a pixel: whether a box of half that width meets the polyhedron, by bisection. */
  #improveLargest(
    from: Float64Array,
    own: readonly number[],
    index: number,
    halfSpaces: readonly HalfSpace[],
    bound: number,
    enough: number,
  ): { bound: number; point: Float64Array | undefined } {
    let low = bound;
    let high = Math.min(1, enough);
    let found: Float64Array | undefined;
    while (high - low > LARGEST_CHANGE_PRECISION) {
      const middle = (low + high) / 2;
      const { point, isInside, combined } = project(from, boxAround(from, middle), halfSpaces);
      if (isInside) {
        high = middle;
        found = point;
        continue;
      }
      const better = nearestPoint(from, combined, "linf").distance;
      // Only the combination proves anything; where it proves less than the bisection took for granted, the bound stops.
      if (better <= low) break;
      low = Math.min(better, high);
    }
    return { bound: low, point: found ?? this.#onTheWay(own, from, index) };
  }

  /** Pixels go to the rival prototype's values, those first that gain most, until the label changes. */
  #fewestPixels(
    from: Float64Array,
    [best = 0]: readonly number[],
    combined: HalfSpace,
    index: number,
  ): Float64Array | undefined {
    const label = this.#labels[best];
    const { targets, order } = bestMoves(from, combined.normal);
    const prototype = this.#images[index] as Float64Array;
    for (const goal of [targets, prototype]) {
      const point = from.slice();
      const moved: number[] = [];
      for (const pixel of order) {
        if (this.#classify(point) !== label) break;
        point[pixel] = goal[pixel] as number;
        moved.push(pixel);
      }
      if (this.#classify(point) === label) continue;
      for (const pixel of moved) {
        const value = point[pixel] as number;
        point[pixel] = from[pixel] as number;
        if (this.#classify(point) === label) point[pixel] = value;
      }
      return point;
    }
    return undefined;
  }

  /** The first image with another label on the segment from `point` to a prototype, if the prototype itself has one. */
  #onTheWay([best = 0]: readonly number[], point: Float64Array, index: number): Float64Array | undefined {
    const label = this.#labels[best];
    const prototype = this.#images[index] as Float64Array;
    const at = (share: number): Float64Array =>
      point.map((value, pixel) => value + share * ((prototype[pixel] as number) - value));
    if (this.#classify(prototype) === label) return undefined;
    let low = 0;
    let high = 1;
    for (let halving = 0; halving < BOUNDARY_HALVINGS; ++halving) {
      const middle = (low + high) / 2;
      if (this.#classify(at(middle)) === label) low = middle;
      else high = middle;
    }
    return at(high);
  }
}

/** All images with values in [0, 1] that differ from one by at most `change` in every pixel. */
function boxAround(image: Float64Array, change: number): PixelBox {
  return {
    low: image.map((value) => Math.max(0, value - change)),
    high: image.map((value) => Math.min(1, value + change)),
  };
}
