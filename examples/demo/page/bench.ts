import type { Answer, FromWorker, Progress, Question, Task, ToWorker } from "../exchange.ts";

/** A question was taken back, or its worker ended, before the answer came. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";
}

interface Waiting {
  answered(answer: unknown): void;
  failed(error: Error): void;
  told(progress: unknown): void;
}

/** A worker that answers questions, started at the first one. */
export class Bench {
  #worker: Worker | undefined;
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * @param onProgress hears what is told before the answer
   * @param signal takes the question back
   */
  ask<T extends Task>(
    task: T,
    question: Question<T>,
    { onProgress, signal }: { onProgress?: (progress: Progress<T>) => void; signal?: AbortSignal } = {},
  ): Promise<Answer<T>> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(new Cancelled());
      this.#waiting.set(id, {
        answered: (answer) => resolve(answer as Answer<T>),
        failed: reject,
        told: (progress) => onProgress?.(progress as Progress<T>),
      });
      signal?.addEventListener("abort", () => this.#cancel(id), { once: true });
      this.#send({ id, task, question });
    });
  }

  /** Ends the worker in the middle of whatever it does; the next question starts another. */
  stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#failAll(new Cancelled());
  }

  #cancel(id: number): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    this.#send({ id, cancel: true });
    waiting.failed(new Cancelled());
  }

  #send(message: ToWorker): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      const waiting = this.#waiting.get(data.id);
      if (waiting === undefined) return;
      if ("progress" in data) return waiting.told(data.progress);
      this.#waiting.delete(data.id);
      if ("answer" in data) waiting.answered(data.answer);
      else waiting.failed(new Error(data.failure));
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#worker = undefined;
      this.#failAll(new Error(event.message || "a worker could not be loaded"));
    });
    return worker;
  }

  #failAll(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of all) failed(error);
  }
}
