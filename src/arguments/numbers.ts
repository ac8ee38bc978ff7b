import { checkArray } from "./checks.ts";
import { kindOf, shown } from "./shown.ts";

const FLOATS: ReadonlySet<string> = /* @__PURE__ */ new Set(["Float32Array", "Float64Array"]);

/** What a list of numbers must be. */
export interface WantedNumbers {
  /** How many; left out, any number of them. */
  size?: number | undefined;
  least: number;
  most: number;
}

/**
 * Checks a list of numbers and copies it.
 *
 * @param name of the argument, for messages
 * @throws {TypeError} when `value` is no list, Float32Array or Float64Array, or holds something that is no number
 * @throws {RangeError} when it has not `size` of them, or one is out of range
 */
export function checkedNumbers(name: string, value: unknown, { size, least, most }: WantedNumbers): Float64Array {
  const wanted = `a list, Float32Array or Float64Array of ${size === undefined ? "" : `${size} `}numbers`;
  const length = isList(value) ? value.length : checkArray(name, value, FLOATS, wanted);
  if (size !== undefined && length !== size) {
    throw new RangeError(`${name}: got ${shown(length)} values, wanted ${size}`);
  }
  const numbers = new Float64Array(length);
  for (let place = 0; place < length; ++place) {
    const found = (value as readonly unknown[])[place];
    if (typeof found !== "number") {
      const came = typeof found === "object" ? kindOf(found) : shown(found);
      throw new TypeError(`${name}: got ${came} at place ${place}, wanted a number`);
    }
    if (!(found >= least && found <= most)) {
      throw new RangeError(`${name}: got ${found} at place ${place}, wanted a number from ${least} to ${most}`);
    }
    numbers[place] = found;
  }
  return numbers;
}

/** Whether a value is an Array, as which a Proxy of one counts; a Proxy that was revoked is none. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}
