import type { Exchange, FromWorker, Task, ToWorker } from "../exchange.ts";
import { ascend } from "./ascend.ts";
import { attack, methods } from "./attack.ts";
import { imagine, walk } from "./imagine.ts";
import { look } from "./look.ts";
import { race } from "./race.ts";
import type { Respond } from "./task.ts";
import { vote } from "./vote.ts";

// All that is computed: one of these workers answers for the sheet, others run what may take long and can be ended.

const RESPONSES: { [T in keyof Exchange]: Respond<T> } = { look, race, methods, attack, ascend, vote, imagine, walk };

/** Questions whose answers nobody waits for any more. */
const cancelled = new Set<number>();
const say = (message: FromWorker): void => self.postMessage(message);

// Lets messages in between two steps; a timer would wait for milliseconds.
const { port1: wake, port2: sleep } = new MessageChannel();
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    wake.addEventListener("message", () => resolve(), { once: true });
    sleep.postMessage(undefined);
  });
}
wake.start();

self.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if ("cancel" in data) cancelled.add(data.id);
  else void respond(data.id, data.task, data.question);
});

async function respond(id: number, task: Task, question: unknown): Promise<void> {
  const asker = {
    tell: (progress: unknown) => say({ id, progress }),
    async isWanted() {
      await nextTurn();
      return !cancelled.has(id);
    },
  };
  try {
    const answer = await (RESPONSES[task] as Respond<Task>)(question as never, asker);
    if (answer !== undefined) say({ id, answer });
  } catch (error) {
    say({ id, failure: error instanceof Error ? error.message : String(error) });
  } finally {
    cancelled.delete(id);
  }
}
