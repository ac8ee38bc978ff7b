import type { Answer, Progress, Question, Task } from "../exchange.ts";

/** What a task knows of who asked. */
export interface Asker<T extends Task> {
  tell(progress: Progress<T>): void;
  /** Gives other questions their turn; false when nobody waits for this answer any more. */
  isWanted(): Promise<boolean>;
}

/** Answers one kind of question; undefined when nobody waits any more. */
export type Respond<T extends Task> = (question: Question<T>, asker: Asker<T>) => Promise<Answer<T> | undefined>;

/** What a task tells at most every few milliseconds, as often as a screen can show it. */
export function paced<Arguments extends unknown[]>(tell: (...what: Arguments) => void): (...what: Arguments) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (...what) => {
    const now = performance.now();
    if (now - last < 30) return;
    last = now;
    tell(...what);
  };
}
