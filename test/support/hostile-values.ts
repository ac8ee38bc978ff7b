import fc from "fast-check";
import { expect } from "vitest";
import { WeightsError } from "../../src/weights/errors.ts";
import { KINDS, ODDITIES, THEIRS, UNPLEASANT } from "./odd-values.ts";

// What callers can pass although the types forbid it, and what any error must be like.

const lengths = fc.constantFrom(0, 1, 16, 783, 784, 785, 1568);
const arrays = fc.tuple(fc.constantFrom(...KINDS), lengths).map(([Kind, length]) => new Kind(length));
const texts = fc
  .array(fc.oneof(fc.string(), fc.constantFrom(...UNPLEASANT)), { maxLength: 4 })
  .map((parts) => parts.join(""));
const numbers = fc.oneof(
  fc.double(),
  fc.integer({ min: -2, max: 70 }),
  fc.constantFrom(1e37, -0, 2 ** 32, 2 ** 53, 1.5, Number.NaN, Number.POSITIVE_INFINITY),
);
const primitives = fc.oneof(
  fc.constantFrom(undefined, null, true, false, Symbol("s"), Symbol("\u001b".repeat(900))),
  numbers,
  fc.bigInt(),
  fc.constant(1n << 100_000n),
  texts,
);
const oddities = fc.constantFrom(...ODDITIES);

/** Makes a value: fast-check itself would stumble over some of these. */
export type Made = () => unknown;

const plain = (arbitrary: fc.Arbitrary<unknown>): fc.Arbitrary<Made> => arbitrary.map((value) => () => value);

/** Anything. */
export const hostileValue: fc.Arbitrary<Made> = fc.oneof(
  { weight: 3, arbitrary: plain(primitives) },
  { weight: 3, arbitrary: oddities },
  { weight: 2, arbitrary: plain(arrays) },
  { weight: 1, arbitrary: arrays.map((array) => () => new Proxy(array, {})) },
  { weight: 1, arbitrary: plain(fc.array(fc.oneof(primitives, fc.constant({})), { maxLength: 18 })) },
  { weight: 1, arbitrary: plain(fc.dictionary(texts, primitives, { maxKeys: 4 })) },
);

/** Options of these names, some misspelt, with any values or some that are right. */
export function hostileOptions(names: readonly string[], right: Readonly<Record<string, unknown>>): fc.Arbitrary<Made> {
  const name = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names) },
    { weight: 1, arbitrary: fc.constantFrom(...names).map((known) => known.slice(1)) },
    { weight: 1, arbitrary: texts },
  );
  const value = fc.oneof(hostileValue, plain(fc.constantFrom(...Object.values(right), undefined)));
  const options = fc
    .array(fc.tuple(name, value), { maxLength: 4 })
    .map((fields) => () => Object.fromEntries(fields.map(([key, made]) => [key, made()])));
  return fc.oneof({ weight: 4, arbitrary: options }, { weight: 1, arbitrary: hostileValue });
}

const PLACES =
  /^(images?|label|latent|options|inference|effort|variant|confidence|weights|onProgress|module|frames?|frame \d+|ahead|seed|count|picture|data|width|height|channels): /;
const MOST_CHARACTERS = 500;

/** Checks that an error is one of ours: a class that is documented, and words that fit into a log's line. */
export function expectOwnError(error: unknown): void {
  expect(error).toBeInstanceOf(Error);
  const { message, constructor: Kind } = error as Error;
  if (message === THEIRS) return;
  expect([Error, TypeError, RangeError, WeightsError]).toContain(Kind);
  expect(message.length).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
  if (Kind !== WeightsError) expect(message).toMatch(PLACES);
}
