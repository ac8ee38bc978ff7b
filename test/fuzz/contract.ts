import type { Classification } from "../../src/results.ts";
import { WeightsError } from "../../src/weights/errors.ts";
import { THEIRS } from "../support/odd-values.ts";

// What everything in the project promises to whoever calls it, whatever they pass: an answer in its range, or an error of a
// documented kind whose words are about the input.

/** How a case ended, where the contract was kept. */
export type Ending = "answered" | "refused";

/** The contract was broken; the message says how. */
export class ContractError extends Error {
  override readonly name = "ContractError";
}

/** @throws {ContractError} where it does not hold */
export function demand(holds: boolean, message: () => string): void {
  if (!holds) throw new ContractError(message());
}

/** What the library throws. */
export const LIBRARY_ERRORS: readonly unknown[] = [Error, TypeError, RangeError, WeightsError];

const MOST_CHARACTERS = 600;
/** What steers a terminal, breaks a line or turns the direction of writing. */
export const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** Words of an engine that stumbled over what was not looked at. */
const OF_THE_ENGINE =
  /Cannot (read|set|access|convert|mix|perform|destructure|define)|is not (a function|iterable|defined|a constructor)|Maximum call stack|Invalid (array|typed array|string|count)|out of bounds|offset is out|unreachable|memory access|not callable/;

/**
 * Checks that an error is one of ours.
 *
 * @param kinds classes that it may have
 * @throws {ContractError} naming what is wrong with it; the error is its cause
 */
export function checkRefusal(error: unknown, kinds: readonly unknown[] = LIBRARY_ERRORS): "refused" {
  if (error instanceof ContractError) throw error;
  const refuse = (what: string): never => {
    throw new ContractError(`${what}: ${String((error as Error)?.stack ?? error).slice(0, 2000)}`, { cause: error });
  };
  if (!(error instanceof Error)) return refuse("thrown was no Error");
  if (error.message === THEIRS) return "refused";
  if (!kinds.includes(error.constructor)) refuse("an error of a class that is not documented");
  if (error.message.length > MOST_CHARACTERS) refuse(`a message of ${error.message.length} characters`);
  if (STEERING.test(error.message)) refuse("a message that is not printable");
  if (OF_THE_ENGINE.test(error.message)) refuse("a message in the engine's words");
  return "refused";
}

const inUnit = (value: number): boolean => value >= 0 && value <= 1;

/** @throws {ContractError} where an answer is out of its range */
export function checkAnswer(answer: Classification, classes: readonly string[]): void {
  const { label, name, rejected, confidence, probabilities, losses, evaluations } = answer;
  demand(Number.isInteger(label) && label >= 0 && label < classes.length, () => `label ${label}`);
  demand(name === classes[label], () => `the name ${name} of label ${label}`);
  demand(typeof rejected === "boolean", () => `rejected ${rejected}`);
  demand(inUnit(confidence), () => `confidence ${confidence}`);
  demand(
    probabilities.length === classes.length && probabilities.every(inUnit),
    () => `probabilities ${probabilities}`,
  );
  const sum = probabilities.reduce((total, share) => total + share, 0);
  demand(sum < 1 + 1e-9, () => `probabilities that sum up to ${sum}`);
  demand(losses.length === classes.length && losses.every((loss) => !Number.isNaN(loss)), () => `losses ${losses}`);
  demand(Number.isInteger(evaluations) && evaluations >= 0, () => `${evaluations} evaluations`);
}

/** @throws {ContractError} where an image's values are not all in [0, 1] */
export function checkImage(image: Float32Array, length = 784): void {
  demand(image.length === length, () => `an image of ${image.length} values`);
  demand(image.every(inUnit), () => `an image with ${image.find((value) => !inUnit(value))}`);
}
