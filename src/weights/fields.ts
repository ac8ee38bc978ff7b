import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";

// Checks of single values in a file's metadata.

/** Returns `value`. @throws {WeightsError} when it is no object */
export function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WeightsError(`weights file: "${name}" is not an object`);
  }
  return value as Record<string, unknown>;
}

/** Returns `value`. @throws {WeightsError} when it is no number from `least` to `most` */
export function numberIn(value: unknown, name: string, least: number, most: number): number {
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    throw new WeightsError(`weights file: ${name} is ${shown(value)}, wanted a number from ${least} to ${most}`);
  }
  return value;
}

/** Returns `value`. @throws {WeightsError} when it is no list of `length` numbers from −`most` to `most` */
export function numbers(value: unknown, name: string, length: number, most: number): number[] {
  if (!Array.isArray(value) || value.length !== length) {
    const found = Array.isArray(value) ? `a list of ${value.length}` : shown(value);
    throw new WeightsError(`weights file: ${name} is ${found}, wanted a list of ${length} numbers`);
  }
  return value.map((item, index) => numberIn(item, `${name}[${index}]`, -most, most));
}
