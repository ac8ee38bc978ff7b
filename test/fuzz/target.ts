import type { Classifier } from "../../src/classifier.ts";
import type { ClassifierOptions } from "../../src/create-classifier.ts";
import { createClassifier } from "../../src/entries/module.ts";
import { randomImage } from "../support/random-model.ts";
import { demand, type Ending } from "./contract.ts";

/** What a target runs on. */
export interface Ground {
  /** abs.wasm, or its debug build. */
  readonly module: WebAssembly.Module;
  /** abs.wasi.wasm. */
  readonly wasi: WebAssembly.Module;
}

/**
 * Tries one case.
 *
 * @returns how it ended, where the contract was kept
 * @throws {ContractError} where it was broken; anything else thrown is a breach as well
 */
export type Trial = (bytes: Uint8Array) => Ending | Promise<Ending>;

/** An entry of the project that takes what somebody else made. */
export interface Target {
  readonly name: string;
  /** Bytes that a case uses up, at most, where it is not a file. */
  readonly length: number;
  prepare(ground: Ground): Promise<{ readonly trial: Trial; end?(): Promise<void> }>;
}

/** A classifier, and the proof that it still is what it was. */
export interface Watched {
  readonly abs: Classifier;
  /** @throws {ContractError} where a known image gets another answer, to the bit, or the memory has grown */
  check(): void;
}

/** Makes a classifier whose answer for one image, and whose memory, must never change. */
export async function watchedClassifier({ module }: Ground, options: ClassifierOptions = {}): Promise<Watched> {
  const abs = await createClassifier({ effort: "quick", ...options, module });
  const known = randomImage(6);
  const expected = abs.classify(known);
  const bits = [...expected.losses, ...expected.probabilities, expected.evaluations];
  const { memoryBytes } = abs;
  return {
    abs,
    check() {
      const { losses, probabilities, evaluations } = abs.classify(known);
      const now = [...losses, ...probabilities, evaluations];
      demand(
        now.every((value, at) => Object.is(value, bits[at])),
        () => `a known image gets another answer afterwards: ${now}`,
      );
      demand(abs.memoryBytes === memoryBytes, () => `the module's memory grew to ${abs.memoryBytes} bytes`);
    },
  };
}
