import { IMAGE_PIXELS } from "../../format/image.ts";
import type { Assumptions } from "../../src/weights/model.ts";
import type { RaceTables } from "../../src/weights/race.ts";
import { storedValues } from "./stored.ts";

// The race's tables in double precision: an image's coefficients, the latents proposed, and a surrogate's foretold loss.

const NAMES = ["basis", "mean", "p1", "p1b", "p2", "p2b", "s1", "s1b", "s2", "s2b", "s3", "s3b", "metrics"] as const;
type Name = (typeof NAMES)[number];

export class ReferenceTables {
  readonly #tables: RaceTables;
  readonly #values: Record<Name, Float32Array>;

  readonly #assumptions: Assumptions;

  constructor(tables: RaceTables, assumptions: Assumptions = {}) {
    this.#tables = tables;
    this.#assumptions = assumptions;
    this.#values = Object.fromEntries(
      tables.tensors.map(({ tensor, groups }, index) => [NAMES[index], storedValues(tensor, groups, 1)]),
    ) as Record<Name, Float32Array>;
  }

  /** y = U(x − μ) and ‖x − μ‖² − ‖y‖². */
  coefficients(image: ArrayLike<number>): { y: number[]; outside: number } {
    const { mean, basis } = this.#values;
    const { coefficients } = this.#tables;
    const centred = Array.from(
      { length: IMAGE_PIXELS },
      (_, pixel) => (image[pixel] as number) - (mean[pixel] as number),
    );
    const y = Array.from({ length: coefficients }, (_, k) =>
      sum(centred.map((value, pixel) => value * (basis[pixel * coefficients + k] as number))),
    );
    return { y, outside: sum(centred.map((v) => v * v)) - sum(y.map((v) => v * v)) };
  }

  /** The latents proposed, [classes][candidates][latents] in one list. */
  proposals(y: readonly number[]): number[] {
    const { p1, p1b, p2, p2b } = this.#values;
    return dense(p2, p2b, dense(p1, p1b, y).map(silu));
  }

  /** The loss foretold for a class at a latent. */
  foretell(classIndex: number, latent: ArrayLike<number>, image: ArrayLike<number>, beta: number): number {
    const { y, outside } = this.coefficients(image);
    const z = Array.from(latent);
    const of = (name: Name): Float32Array => {
      const values = this.#values[name];
      const size = values.length / (this.#values.s1b.length / this.#tables.surrogateHidden);
      return values.subarray(classIndex * size, (classIndex + 1) * size);
    };
    const first = dense(of("s1"), of("s1b"), z).map(silu);
    const second = dense(of("s2"), of("s2b"), first).map(silu);
    const output = dense(of("s3"), of("s3b"), second);
    const error = foretoldError(y, output.slice(0, y.length), this.#assumptions);
    const remainder = output[y.length] as number;
    return (error + remainder + outside + beta * 0.5 * sum(z.map((v) => v * v))) / IMAGE_PIXELS;
  }
}

/** Square root of 784, the length of an image of ones, whose direction the first coefficient is. */
const CONSTANT_LENGTH = 28;

/** ‖y − g‖², or what gain and offset leave of it under their priors. */
function foretoldError(y: readonly number[], g: readonly number[], { photometry }: Assumptions): number {
  if (photometry === undefined) return sum(y.map((value, k) => (value - (g[k] as number)) ** 2));
  const squares = sum(g.map((value) => value ** 2)) + photometry.gain;
  const total = IMAGE_PIXELS + photometry.offset;
  const drawn = CONSTANT_LENGTH * (g[0] as number);
  const products = sum(g.map((value, k) => value * (y[k] as number))) + photometry.gain;
  const image = CONSTANT_LENGTH * (y[0] as number);
  const determinant = squares * total - drawn ** 2;
  const gain = (products * total - image * drawn) / determinant;
  const offset = (image * squares - products * drawn) / determinant;
  const residuals = y.map((value, k) => value - gain * (g[k] as number) - (k === 0 ? CONSTANT_LENGTH * offset : 0));
  return sum(residuals.map((r) => r ** 2)) + photometry.gain * (gain - 1) ** 2 + photometry.offset * offset ** 2;
}

function dense(weights: Float32Array, bias: Float32Array, input: readonly number[]): number[] {
  return Array.from(bias, (start, output) =>
    input.reduce((total, value, index) => total + value * (weights[index * bias.length + output] as number), start),
  );
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
