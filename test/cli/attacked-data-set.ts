import { afterAll, beforeAll, expect } from "vitest";
import type { AttackTask } from "../../src/cli/tasks.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { FakeThreads, run } from "./fake-classifier.ts";

// A small data set on which the fake classifier is attacked.

export const COUNT = 12;
/** The fake reads tenths of the first pixel; the first two images are wrong as they are. */
export const LABELS = Uint8Array.from({ length: COUNT }, (_, index) => (index * 3) % 10);
export const IMAGES = new Uint8Array(COUNT * 784);
LABELS.forEach((label, index) => {
  IMAGES[index * 784] = Math.round(25.5 * ((index < 2 ? (label + 1) % 10 : label) + 0.5));
  IMAGES[index * 784 + 1] = 200;
});

export let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

/** Makes the data set before a file's tests, and removes it after them. */
export function useDataSet(): void {
  beforeAll(async () => {
    directory = await temporaryDirectory();
    await directory.write("t10k-images-idx3-ubyte", idxBytes([COUNT, 28, 28], IMAGES));
    await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], LABELS));
  });
  afterAll(() => directory.remove());
}

export const words = (...more: string[]): string[] => ["attack", "--data", directory.path, ...more];

// biome-ignore lint/suspicious/noExplicitAny: what JSON holds
export async function attack(...more: string[]): Promise<any> {
  const { code, stdout, stderr } = await run(words("--json", ...more));
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout);
}

/** A document without what depends on the clock or on how the work was divided. */
export function essence(document: unknown): unknown {
  const incidental = [
    "data",
    "workers",
    "seconds",
    "attackSeconds",
    "milliseconds",
    "meanMilliseconds",
    "millisecondsPerImage",
    "imagesPerSecond",
  ];
  return JSON.parse(JSON.stringify(document, (name, value) => (incidental.includes(name) ? undefined : value)));
}

/** The environment of a run that a signal ends after so many attacks. */
export function interruptedAfter(attacks: number) {
  const controller = new AbortController();
  let asked = 0;
  class Threads extends FakeThreads {
    override async attackImage(task: AttackTask) {
      if (++asked > attacks) controller.abort("SIGINT");
      return await super.attackImage(task);
    }
  }
  return {
    createThreads: async (...made: ConstructorParameters<typeof FakeThreads>) => new Threads(...made),
    listenForSignals: () => ({ signal: controller.signal, stop: () => undefined }),
  };
}
