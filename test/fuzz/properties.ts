import fc from "fast-check";
import { ContractError, type Ending } from "./contract.ts";
import type { Trial } from "./target.ts";

// Drives a target by fast-check: seeded cases, and the smallest one that fails.

/** Cases between two looks at the clock. */
const ROUND = 50;
/** Processor time that a case may take; most take a thousandth of it. */
const LONGEST_SECONDS = 10;

/** What came of a target's cases. */
export interface Outcome {
  readonly cases: number;
  readonly answered: number;
  readonly seconds: number;
  /** What was thrown, on the smallest case that fails, with the seed that leads there. */
  readonly failure?: { readonly seed: number; readonly bytes: Uint8Array; readonly error: unknown };
}

/** When to stop: after so many cases, or so many seconds. */
export interface Bound {
  readonly cases: number;
  readonly seconds: number;
}

/** The trial, with a bound on what it may take. */
export function bounded(trial: Trial): (bytes: Uint8Array) => Promise<Ending> {
  return async (bytes) => {
    const before = process.cpuUsage();
    const ending = await trial(bytes);
    const { user, system } = process.cpuUsage(before);
    const seconds = (user + system) / 1e6;
    if (seconds > LONGEST_SECONDS) throw new ContractError(`took ${seconds.toFixed(1)} s`);
    return ending;
  };
}

/** Cases: any bytes, or what the corpus has with some of it changed. */
function casesOf(length: number, corpus: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const any = fc.uint8Array({ maxLength: length, size: "max" });
  if (corpus.length === 0) return any;
  const changed = fc
    .tuple(
      fc.constantFrom(...corpus),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([original, changes, added]) => {
      const bytes = new Uint8Array(original.length + added.length);
      bytes.set(original);
      bytes.set(added, original.length);
      for (const [place, value] of changes) if (bytes.length > 0) bytes[place % bytes.length] = value;
      return bytes;
    });
  return fc.oneof({ weight: 3, arbitrary: any }, { weight: 1, arbitrary: changed });
}

/**
 * Tries the corpus, then drawn cases until the bound is reached or one fails.
 *
 * @param length bytes of a case, at most
 * @param seed each round's seed is the next number
 */
export async function tryProperties(
  trial: Trial,
  length: number,
  corpus: readonly Uint8Array[],
  seed: number,
  { cases: wanted, seconds: allowed }: Bound,
): Promise<Outcome> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const tried = bounded(trial);
  let cases = 0;
  let answered = 0;
  const once = async (bytes: Uint8Array): Promise<void> => {
    if ((await tried(bytes)) === "answered") ++answered;
    ++cases;
  };
  for (const bytes of corpus) {
    try {
      await once(bytes);
    } catch (error) {
      return { cases, answered, seconds: seconds(), failure: { seed, bytes, error } };
    }
  }
  const property = fc.asyncProperty(casesOf(length, corpus), once);
  for (let round = 0; cases < wanted && seconds() < allowed; ++round) {
    const numRuns = Math.min(ROUND, wanted - cases);
    const details = await fc.check(property, { seed: seed + round, numRuns });
    if (!details.failed) continue;
    const [bytes] = details.counterexample as [Uint8Array];
    return {
      cases,
      answered,
      seconds: seconds(),
      failure: { seed: seed + round, bytes, error: details.errorInstance },
    };
  }
  return { cases, answered, seconds: seconds() };
}
