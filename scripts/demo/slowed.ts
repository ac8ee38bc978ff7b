import { Worker } from "node:worker_threads";

/** From one halt to the next, in milliseconds: less than a frame, so that nothing waits long. */
const PERIOD = 12;

// Halts and continues a process by signals, in a thread of its own, so that whatever else this program does cannot delay one.
const PROGRAM = `
const { parentPort, workerData: { pid, share, period, ended } } = require("node:worker_threads");
const flag = new Int32Array(ended);
let [ran, halted] = [0, 0];
while (Atomics.load(flag, 0) === 0) {
  const start = performance.now();
  Atomics.wait(flag, 0, 0, share * period);
  process.kill(pid, "SIGSTOP");
  const middle = performance.now();
  ran += middle - start;
  // As much longer as it ran too long.
  Atomics.wait(flag, 0, 0, Math.max(1, ran / share - ran - halted));
  process.kill(pid, "SIGCONT");
  halted += performance.now() - middle;
}
parentPort.postMessage(ran / (ran + halted));
`;

/** A process that runs for a share of the time only, with all of its threads, as on a machine so much slower. */
export class Slowed {
  readonly #worker: Worker;
  readonly #ended = new SharedArrayBuffer(4);
  #share = 1;

  /** @param share of the time, between 0 and 1 */
  constructor(pid: number, share: number) {
    this.#worker = new Worker(PROGRAM, { eval: true, workerData: { pid, share, period: PERIOD, ended: this.#ended } });
  }

  /** Which share of the time it ran, once that is over. */
  get share(): number {
    return this.#share;
  }

  /** Lets it run again for good. */
  async end(): Promise<void> {
    const share = new Promise<number>((resolve, reject) => {
      this.#worker.once("message", resolve).once("error", reject);
    });
    const flag = new Int32Array(this.#ended);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
    this.#share = await share;
  }
}
