import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** What a thread is given. */
export interface ThreadData {
  readonly module: WebAssembly.Module;
  /** How many images it classifies. */
  readonly images: number;
}

/**
 * Classifies the same images in several threads at once, all of which share one compiled module.
 *
 * @returns the hash of each thread's answers: equal ones
 */
export async function inThreads(module: WebAssembly.Module, threads: number, images: number): Promise<string[]> {
  const data: ThreadData = { module, images };
  return await Promise.all(
    Array.from({ length: threads }, async () => {
      const worker = new Worker(new URL("./thread.ts", import.meta.url), {
        workerData: data,
        execArgv: ["--import", "tsx"],
      });
      const [hash] = (await once(worker, "message")) as [string];
      await worker.terminate();
      return hash;
    }),
  );
}
