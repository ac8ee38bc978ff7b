import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { SERVICES, whileRunning } from "../test/support/running-service.ts";
import {
  goodRequests,
  hostileRequests,
  type LoadFigures,
  loadService,
  mebibytes,
  memoryOf,
} from "../test/support/service-load.ts";
import { tableLines } from "./measure/table.ts";
import { wholeNumber } from "./measure/whole-number.ts";

// What the services in examples/ do at their limits, in the runtimes that they are for, asked over loopback by autocannon: quiet,
// and beside requests that none of good will sends. Ends with 1 where an answer is wrong. Takes less than 90 seconds; needs the
// runtimes of test/runtimes/, which `npm test` installs.
//
//   npx tsx bench/services.ts
//   npx tsx bench/services.ts --rounds 10      the load beside the hostile again and again, with the memory left by each

const QUIET_SECONDS = 3;
const LOAD_SECONDS = 9;
const CONNECTIONS = 8;

const { values: options } = parseArgs({ options: { rounds: { type: "string", default: "1" } } });
const rounds = wholeNumber("rounds", options.rounds);
const picture = readFileSync(new URL("../examples/numbers/postcode-80336.png", import.meta.url));
const hostile = hostileRequests();
const rows: string[][] = [];
const answers: string[][] = [];
const memory: string[][] = [];
let isRight = true;
for (const service of SERVICES) {
  const name = `${service.name} in ${service.runtime}`;
  if (service.program === undefined) {
    console.error(`${name}: skipped, as ${service.runtime} is not installed`);
    continue;
  }
  await whileRunning(service, async (running) => {
    const good = await goodRequests(running.address, picture);
    const digit = good.slice(0, 1);
    const digits = good.slice(1);
    const load = (requests: typeof good, others: typeof hostile, seconds: number) =>
      loadService(running, requests, others, { seconds, connections: CONNECTIONS });
    const one = await load(digit, [], QUIET_SECONDS);
    const reading = await load(digits, [], QUIET_SECONDS);
    const beside: LoadFigures[] = [];
    const left: string[] = [];
    for (let round = 0; round < rounds; ++round) {
      beside.push(await load(good, hostile, LOAD_SECONDS));
      await wait(1500);
      left.push(mebibytes(memoryOf(running.pid)));
    }
    memory.push([name, left.join(", ")]);
    const after = await load(digit, [], 2);
    const shown: [string, LoadFigures][] = [
      ["POST /", one],
      ["POST /read", reading],
      ...beside.map((figures): [string, LoadFigures] => ["both, beside the hostile", figures]),
      ["POST /, afterwards", after],
    ];
    for (const [what, figures] of shown) {
      const { good: count, perSecond, median, hundredth, wrong, broken, mostMemory } = figures;
      const numbers = [count, perSecond.toFixed(0), median, hundredth, wrong.length, broken].map(String);
      rows.push([name, what, ...numbers, mebibytes(mostMemory)]);
      for (const line of wrong) console.error(`${name}, ${what}: ${line}`);
      if (wrong.length > 0 || broken > 0) isRight = false;
    }
    const { byStatus, aborted, endless, slow } = beside.at(-1) as LoadFigures;
    const statuses = Object.entries(byStatus).map(([status, count]) => `${count} × ${status}`);
    answers.push([name, statuses.join(", "), `${aborted}`, `${endless}`, `${slow}`, mebibytes(memoryOf(running.pid))]);
  });
}
console.log(
  tableLines(["service", "asked", "answers", "a second", "median ms", "99 % ms", "wrong", "broken", "most MiB"], rows),
);
console.log(
  `\n${tableLines(["service", "answers beside the hostile", "broken off", "without end", "slow", "MiB at the end"], answers)}`,
);
if (rounds > 1) console.log(`\n${tableLines(["service", "MiB after each round"], memory)}`);
if (!isRight) process.exitCode = 1;
