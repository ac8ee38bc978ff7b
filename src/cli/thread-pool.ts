import workerpool from "workerpool";
import type { SmoothingOptions } from "../certify/smoothing.ts";
import { messageOf } from "../files/file-error.ts";
import type { ClassifierSettings, ReportProgress } from "./environment.ts";
import type {
  AttackOutcome,
  AttackTask,
  ClassifiedRange,
  FrameRange,
  Tasks,
  TimedBatch,
  TimedCertificate,
} from "./tasks.ts";

/** What a worker makes its classifier from. */
export type WorkerSettings = ClassifierSettings & { readonly module: WebAssembly.Module };

/** How far a worker has come with its preparation; what worker.ts emits. */
export interface Preparation {
  readonly done: number;
  readonly total: number;
}

/** How long a worker may go on with its task when nobody waits for the result any more. */
const LEAVE_MILLISECONDS = 200;

/** The tasks on worker threads, each with a classifier of its own. A thread starts when there is a task for it. */
export class ThreadPool implements Tasks {
  readonly #pool: ReturnType<typeof workerpool.pool>;
  readonly #reportProgress: ReportProgress;
  readonly #preparations = new Map<object, Preparation>();

  /**
   * @param script path of what the build made of worker.ts
   * @param threads the most threads, from 1
   * @param reportProgress hears how far the slowest worker's preparation is
   */
  constructor(script: string, threads: number, settings: WorkerSettings, reportProgress: ReportProgress) {
    this.#reportProgress = reportProgress;
    this.#pool = workerpool.pool(script, {
      workerType: "thread",
      maxWorkers: threads,
      workerThreadOpts: { workerData: settings },
      workerTerminateTimeout: LEAVE_MILLISECONDS,
    });
  }

  /** @throws {Error} when the task throws, or its worker cannot start or ends early */
  async classifyBatch(images: Uint8Array): Promise<TimedBatch> {
    // A copy that is handed over: a view would be sent with the whole buffer under it, and the slice of a Buffer is one.
    const copy = new Uint8Array(images);
    return await this.#run<Tasks["classifyBatch"]>("classifyBatch", [copy], [copy.buffer]);
  }

  /** @throws {Error} when the worker cannot start or ends early */
  async classifyFrames(range: FrameRange): Promise<ClassifiedRange> {
    return await this.#run<Tasks["classifyFrames"]>("classifyFrames", [range]);
  }

  /** @throws {Error} when the attack throws, or its worker cannot start or ends early */
  async attackImage(task: AttackTask): Promise<AttackOutcome> {
    return await this.#run<Tasks["attackImage"]>("attackImage", [task]);
  }

  /** @throws {Error} when the options are wrong, or the worker cannot start or ends early */
  async certifyImage(image: Float32Array, options: SmoothingOptions): Promise<TimedCertificate> {
    return await this.#run<Tasks["certifyImage"]>("certifyImage", [image, options]);
  }

  /** Ends the threads, whatever they are at. */
  async dispose(): Promise<void> {
    await this.#pool.terminate(true);
  }

  async #run<Task extends (...values: never[]) => Promise<unknown>>(
    name: keyof Tasks,
    values: Parameters<Task>,
    transfer: ArrayBufferLike[] = [],
  ): Promise<Awaited<ReturnType<Task>>> {
    const on = (preparation: Preparation): void => {
      this.#preparations.set(values, preparation);
      this.#reportProgress(Math.min(...Array.from(this.#preparations.values(), ({ done }) => done)), preparation.total);
    };
    try {
      return await this.#pool.exec(name, values, { on, transfer });
    } catch (error) {
      throw error instanceof workerpool.TerminateError ? new Error(describeEnd(error), { cause: error }) : error;
    } finally {
      this.#preparations.delete(values);
    }
  }
}

function describeEnd({ cause }: Error): string {
  return `a worker ended before its task was done${cause === undefined ? "" : `: ${messageOf(cause)}`}`;
}
