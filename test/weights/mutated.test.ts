import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ModuleClassifier } from "../../src/classifier.ts";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import { WeightsError } from "../../src/weights/errors.ts";
import { readWeights } from "../../src/weights/read.ts";
import { expectOwnError } from "../support/hostile-values.ts";
import { randomImage } from "../support/random-model.ts";
import { smallWeights } from "../support/small-weights.ts";
import { type WeightsFileParts, writeWeightsFile } from "../support/weights-file.ts";

// Whatever a weights file says, checksums and all, it is refused with a WeightsError or gives a classifier that works.

const module = new WebAssembly.Module(readFileSync(new URL("../../dist/abs.wasm", import.meta.url)));
const image = randomImage(1);

/** Changes the parts of a file, or its bytes. */
interface Mutation {
  parts?(parts: WeightsFileParts): void;
  bytes?(file: Uint8Array): Uint8Array;
}

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    null,
    "9".repeat(5000),
    true,
    -1,
    0,
    1,
    2,
    3,
    64,
    65,
    1024,
    1e6,
    1e9,
    1e308,
    1e-320,
    0.5,
    "",
    "x",
    "1",
    "\u0000",
    [],
    {},
    [[]],
  ),
  fc.jsonValue({ maxDepth: 2 }),
);
const chosen = fc.nat(2 ** 31);
const pick = <Item>(items: readonly Item[], choice: number): Item => items[choice % items.length] as Item;

/** Another value somewhere in a JSON document: in place of one, or without one. */
function changed(document: unknown, choice: number, value: unknown): unknown {
  if (typeof document !== "object" || document === null || choice % 5 === 0) return value;
  const names = Object.keys(document);
  if (names.length === 0) return value;
  const name = pick(names, choice);
  const copy = (Array.isArray(document) ? [...document] : { ...document }) as Record<string, unknown>;
  if (choice % 7 === 0) {
    if (Array.isArray(copy)) copy.pop();
    else delete copy[name];
    return copy;
  }
  copy[name] = changed(copy[name], Math.floor(choice / 11), value);
  return copy;
}

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(chosen, chosen, odd).map(([key, place, value]) => ({
    parts: ({ metadata }: WeightsFileParts) => {
      const name = pick(Object.keys(metadata), key);
      try {
        metadata[name] = JSON.stringify(changed(JSON.parse(metadata[name] as string), place, value));
      } catch {
        metadata[name] = String(value);
      }
    },
  })),
  fc
    .tuple(chosen, fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("x".repeat(19_000), "\u001b[2J")))
    .map(([key, text]) => ({
      parts: ({ metadata }: WeightsFileParts) => {
        const name = pick(Object.keys(metadata), key);
        if (key % 3 === 0) delete metadata[name];
        else metadata[key % 3 === 1 ? name : text] = text;
      },
    })),
  fc
    .tuple(chosen, chosen, fc.constantFrom("F32", "F16", "I8", "BF16", "I64", "BOOL", "float", ""))
    .map(([tensor, place, dtype]) => ({
      parts: ({ tensors }: WeightsFileParts) => {
        const part = pick(Object.values(tensors), tensor);
        const axis = place % part.shape.length;
        const extent = part.shape[axis] as number;
        if (place % 2 === 0) part.dtype = dtype;
        else if (place % 3 === 0) part.shape.splice(axis, 1, ...(extent % 2 === 0 ? [2, extent / 2] : []));
        else part.shape[axis] = pick([0, 1, extent + 1, 2 * extent, 2 ** 40, -1, 0.5], place);
      },
    })),
  fc.tuple(chosen, chosen).map(([from, to]) => ({
    parts: ({ tensors }: WeightsFileParts) => {
      const name = pick(Object.keys(tensors), from);
      const other = pick(Object.keys(tensors), to);
      const part = tensors[name];
      if (part === undefined) return;
      if (to % 3 === 0) delete tensors[name];
      else if (to % 3 === 1) tensors[`${name}.scale`] = part;
      else tensors[other] = part;
    },
  })),
  // Other numbers of the same kind; what overflow does to a decoder is for the inference's own tests.
  fc
    .tuple(chosen, fc.array(fc.tuple(chosen, fc.nat(65_535)), { minLength: 1, maxLength: 5 }))
    .map(([tensor, changes]) => ({
      parts: ({ tensors }: WeightsFileParts) => {
        const { values } = pick(Object.values(tensors), tensor);
        for (const [at, bits] of changes) {
          values[at % values.length] =
            values instanceof Float32Array
              ? pick([0, -1, 1, 3, -0.001, Number.NaN, Number.POSITIVE_INFINITY], bits)
              : bits;
        }
      },
    })),
  fc.array(fc.tuple(chosen, fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => ({
    bytes: (file: Uint8Array) => {
      // The header's bytes as often as all others.
      for (const [at, byte] of changes) file[at % (at % 2 === 0 ? file.length : 4000)] = byte;
      return file;
    },
  })),
  fc.tuple(chosen, fc.boolean()).map(([at, isLonger]) => ({
    bytes: (file: Uint8Array) => {
      if (!isLonger) return file.subarray(0, at % file.length);
      const longer = new Uint8Array(file.length + (at % 100));
      longer.set(file);
      return longer;
    },
  })),
);

function areFinite(values: ArrayLike<number>): boolean {
  return Array.from(values).every(Number.isFinite);
}

/** Uses a classifier once in each way. */
function expectToWork(abs: ModuleClassifier): void {
  const found = abs.classify(image);
  expect(found.label).toBeLessThan(abs.classes.length);
  expect(areFinite(found.probabilities)).toBe(true);
  expect(found.probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 9);
  expect(areFinite(found.losses)).toBe(true);
  expect(abs.classify(image)).toEqual(found);
  expect(abs.classifyBatch(image)).toEqual([found]);
  expect(abs.label(image)).toBeLessThan(abs.classes.length);
  const { classes, advantage } = abs.explain(image);
  expect(areFinite(advantage)).toBe(true);
  for (const { latent, reconstruction } of classes) {
    expect(areFinite(latent)).toBe(true);
    expect(reconstruction.every((value) => value >= 0 && value <= 1)).toBe(true);
  }
}

describe("a weights file that was tampered with", () => {
  it("is refused by a WeightsError, or classifies in finite numbers", { timeout: 120_000 }, () => {
    let refused = 0;
    let used = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...smallWeights),
        fc.array(mutation, { minLength: 1, maxLength: 2 }),
        (original, mutations) => {
          const parts = structuredClone(original);
          for (const { parts: change } of mutations) change?.(parts);
          let file = writeWeightsFile(parts);
          for (const { bytes: change } of mutations) if (change) file = change(file);
          let abs: ModuleClassifier;
          try {
            const bundle = writeBundle(readWeights(file));
            abs = new ModuleClassifier(new Engine(new WebAssembly.Instance(module), bundle), "race", "quick");
          } catch (error) {
            ++refused;
            expect(error).toBeInstanceOf(WeightsError);
            expectOwnError(error);
            return;
          }
          ++used;
          expectToWork(abs);
        },
      ),
      { seed: 31, numRuns: 3000 },
    );
    // Neither happens for want of the other.
    expect(refused).toBeGreaterThan(1000);
    expect(used).toBeGreaterThan(200);
  });
});
