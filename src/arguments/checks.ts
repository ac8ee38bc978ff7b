import { kindOf, shown } from "./shown.ts";
import { bytesKind, bytesOf, isDetached, lengthOf, type NumberArray, typedArrayName } from "./typed-arrays.ts";

// Checks of what callers pass, before anything is done with it. Messages name the argument, what came and what is wanted.

/** Letters that a name may be off by for another to be suggested. */
const MOST_SLIPS = 2;

/**
 * Checks that options are an object without unknown names, and returns them; an empty object where there are none.
 *
 * @throws {TypeError} otherwise, with the name that is probably meant
 */
export function checkOptions<Options extends object>(options: Options | undefined, known: readonly string[]): Options {
  if (options === undefined) return {} as Options;
  if (!isPlain(options)) throw new TypeError(`options: got ${kindOrValue(options)}, wanted an object`);
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return options;
  const meant = known.find((name) => isNear(unknown.toLowerCase(), name.toLowerCase()));
  const hint = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
  throw new TypeError(`options: got the unknown ${shown(unknown)}; ${hint}`);
}

/** Objects that hold fields: not lists, maps, promises, bytes and the like, from which options would be read in vain. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    const tag = Object.prototype.toString.call(value);
    return tag === "[object Object]" || tag === "[object Module]";
  } catch {
    // A Proxy that was revoked, or one that throws.
    return false;
  }
}

/**
 * Reads fields of an object that a caller made, once each: they may be getters, even ones that throw, or those of a Proxy.
 *
 * @throws {TypeError} when the value is no object, or a field of it cannot be read
 */
export function readFields<Fields extends object, Name extends keyof Fields>(
  name: string,
  value: Fields,
  fields: readonly Name[],
  wanted: string,
): Pick<Fields, Name> {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`${name}: got ${kindOf(value)}, wanted ${wanted}`);
  }
  try {
    return Object.fromEntries(fields.map((field) => [field, value[field]])) as Pick<Fields, Name>;
  } catch (cause) {
    throw new TypeError(`${name}: got an object whose fields cannot be read`, { cause });
  }
}

/** @throws {TypeError} when an option is none of the names that it may have */
export function checkName(option: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== "string" || !known.includes(value)) {
    throw new TypeError(`${option}: got ${shown(value)}, wanted ${known.map((name) => `"${name}"`).join(" or ")}`);
  }
}

/**
 * @param isBetween whether a number is in its range, which `wanted` puts in words; asked of nothing but numbers, as comparing
 *   anything else runs code of its own or throws the engine's words
 * @throws {TypeError} when a value is no number
 * @throws {RangeError} when it is not in its range
 */
export function checkNumber(
  name: string,
  value: unknown,
  isBetween: (number: number) => boolean,
  wanted: string,
): void {
  if (typeof value === "number" && isBetween(value)) return;
  const Kind = typeof value === "number" ? RangeError : TypeError;
  throw new Kind(`${name}: got ${shown(value)}, wanted a number ${wanted}`);
}

/** @throws {TypeError} when an option is neither a function nor left out */
export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") {
    throw new TypeError(`${option}: got ${kindOrValue(value)}, wanted a function`);
  }
}

/**
 * @throws {TypeError} when a value is no number
 * @throws {RangeError} when it is no whole one from `least` to `most`
 */
export function checkWhole(name: string, value: unknown, least: number, most = Number.POSITIVE_INFINITY): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return;
  const Kind = typeof value === "number" ? RangeError : TypeError;
  const range = most === Number.POSITIVE_INFINITY ? `from ${least}` : `from ${least} to ${most}`;
  throw new Kind(`${name}: got ${shown(value)}, wanted a whole number ${range}`);
}

/**
 * The length of a typed array of one of the kinds in `wanted`, of whichever realm.
 *
 * @param wanted kinds of arrays, as `typedArrayName` has them
 * @param words how a message puts what is wanted
 * @throws {TypeError} when the value is something else, or its memory is gone
 */
export function checkArray(
  name: string,
  value: unknown,
  wanted: { has(kind: string): boolean },
  words: string,
): number {
  const kind = typedArrayName(value);
  if (kind === undefined || !wanted.has(kind)) throw new TypeError(`${name}: got ${kindOf(value)}, wanted ${words}`);
  const length = lengthOf(value as NumberArray);
  if (length === 0 && isDetached(value as NumberArray)) {
    throw new TypeError(`${name}: got ${detached(kind)}; wanted ${words}`);
  }
  return length;
}

/**
 * The bytes in a value of one of the kinds in `wanted`, of whichever realm.
 *
 * @param wanted kinds of arrays and buffers, as `bytesKind` has them; by default any
 * @param words how a message puts what is wanted
 * @throws {TypeError} when the value is something else, or its memory is gone
 */
export function checkBytes(
  name: string,
  value: unknown,
  words: string,
  wanted?: readonly string[],
): Uint8Array<ArrayBuffer> {
  const kind = bytesKind(value);
  if (kind === undefined || (wanted !== undefined && !wanted.includes(kind))) {
    throw new TypeError(`${name}: got ${kindOf(value)}, wanted ${words}`);
  }
  try {
    return bytesOf(value as ArrayBuffer | ArrayBufferView);
  } catch {
    throw new TypeError(`${name}: got ${detached(kind)}; wanted ${words}`);
  }
}

function detached(kind: string): string {
  return `a detached ${kind}, whose memory has another owner now`;
}

/** For options: texts and numbers as they are, the rest by its kind. */
function kindOrValue(value: unknown): string {
  return typeof value === "object" || typeof value === "function" ? kindOf(value) : shown(value);
}

/** Whether two names differ by no more than a few letters: left out, put in, changed, or swapped with the next. */
function isNear(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > MOST_SLIPS) return false;
  // Row by row of the table of distances between beginnings (optimal string alignment).
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; ++row) {
    const distances = [row];
    for (let column = 1; column <= other.length; ++column) {
      const isSame = one[row - 1] === other[column - 1];
      let least = Math.min(
        (above[column] as number) + 1,
        (distances[column - 1] as number) + 1,
        (above[column - 1] as number) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        least = Math.min(least, (before[column - 2] as number) + 1);
      }
      distances.push(least);
    }
    [before, above] = [above, distances];
  }
  return (above[other.length] as number) <= MOST_SLIPS;
}
