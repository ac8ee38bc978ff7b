import { type Spread, spread } from "./statistics.ts";

// Contestants take turns, so that whatever else the machine does meets all of them alike.

/** Something whose calls are timed. */
export interface Contestant {
  name: string;
  /** One call; `call` counts them, so that a contestant can take another image each time. */
  run(call: number): unknown;
}

/** Microseconds per call. */
export interface Timing extends Spread {
  name: string;
  /** Of the fastest turn. */
  least: number;
  /** Calls in all rounds. */
  calls: number;
}

/** A turn lasts at least so long, in milliseconds, and has at most so many calls. */
const TURN = 20;
const MOST_CALLS = 200;
/** Calls before the first turn: enough for an engine's optimising compiler, if one turn allows that many. */
const WARM_UP = 8;

/** Lets contestants take turns for a number of rounds. */
export async function takeTurns(contestants: readonly Contestant[], rounds: number): Promise<Timing[]> {
  const turns = [];
  for (const contestant of contestants) turns.push(await warmUp(contestant));
  for (let round = 0; round < rounds; ++round) {
    for (const turn of turns)
      turn.times.push(await timeCalls(turn.contestant, turn.times.length * turn.calls, turn.calls));
  }
  return turns.map(({ contestant, calls, times }) => ({
    name: contestant.name,
    ...spread(times),
    least: Math.min(...times),
    calls: calls * times.length,
  }));
}

/** Runs a contestant until it is warm and chooses the calls of its turns. */
async function warmUp(contestant: Contestant): Promise<{ contestant: Contestant; calls: number; times: number[] }> {
  let calls = 1;
  for (let repetition = 0; repetition < WARM_UP; ++repetition) {
    const microseconds = await timeCalls(contestant, 0, calls);
    calls = Math.min(MOST_CALLS, Math.max(calls, Math.ceil((1000 * TURN) / microseconds)));
  }
  return { contestant, calls, times: [] };
}

/** Microseconds per call, over `calls` calls of which the first is number `first`. */
async function timeCalls({ run }: Contestant, first: number, calls: number): Promise<number> {
  const start = performance.now();
  for (let call = first; call < first + calls; ++call) {
    const result = run(call);
    if (result instanceof Promise) await result;
  }
  return (1000 * (performance.now() - start)) / calls;
}
