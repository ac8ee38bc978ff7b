import { once } from "node:events";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** What a thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  /** How many images it classifies. */
  readonly images: number;
}

/** Node 20 starts no thread with a TypeScript file, whatever loader it is given; it can be imported from within. */
const LOADER = new URL(
  "dist/esm/api/index.mjs",
  pathToFileURL(createRequire(import.meta.url).resolve("tsx/package.json")),
).href;
const PROGRAM = new URL("./thread.ts", import.meta.url).href;
const START = `import(${JSON.stringify(LOADER)}).then(({ tsImport }) => tsImport(${JSON.stringify(PROGRAM)}, ${JSON.stringify(PROGRAM)}))`;

/**
 * Classifies the same images in several threads at once, all of which share one compiled module.
 *
 * @returns the hash of each thread's answers: equal ones
 */
export async function inThreads(module: WebAssembly.Module, threads: number, images: number): Promise<string[]> {
  const data: ThreadData = { module, images };
  return await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(START, { eval: true, workerData: data });
      const [hash] = (await once(worker, "message")) as [string];
      await worker.terminate();
      return hash;
    }),
  );
}
