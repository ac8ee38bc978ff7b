import { checkArray } from "./checks.ts";
import { kindOf, shown } from "./shown.ts";

/** A latent, what a class's decoder draws from: `latents` numbers. */
export type Latent = readonly number[] | Float32Array | Float64Array;

/** Far beyond what the prior N(0, I) or a search (‖z‖ ≤ 5) gives; further out, 32-bit sums can overflow. */
const LARGEST = 1e6;
const KINDS: ReadonlySet<string> = /* @__PURE__ */ new Set(["Float32Array", "Float64Array"]);

/**
 * Checks a latent and copies it.
 *
 * @throws {TypeError} when it is no list of numbers
 * @throws {RangeError} when it has not `size` of them, or one is out of range
 */
export function checkedLatent(latent: unknown, size: number): Float32Array {
  const wanted = `a list, Float32Array or Float64Array of ${size} numbers`;
  const length = isList(latent) ? latent.length : checkArray("latent", latent, KINDS, wanted);
  if (length !== size) throw new RangeError(`latent: got ${shown(length)} values, wanted ${size}`);
  const values = new Float32Array(size);
  for (let place = 0; place < size; ++place) {
    const value = (latent as readonly unknown[])[place];
    if (typeof value !== "number") {
      const came = typeof value === "object" ? kindOf(value) : shown(value);
      throw new TypeError(`latent: got ${came} at place ${place}, wanted a number`);
    }
    if (!(Math.abs(value) <= LARGEST)) {
      throw new RangeError(`latent: got ${value} at place ${place}, wanted a number from -${LARGEST} to ${LARGEST}`);
    }
    values[place] = value;
  }
  return values;
}

function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    // A Proxy that was revoked.
    return false;
  }
}
