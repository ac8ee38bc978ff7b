import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

// How long the wait is under `npm run watch` from an edit to its result: adds a comment to a kernel, measures until the
// module is compiled and until the first and the last of its tests have passed, and takes the comment away again.
//
//   npm run watch:time -- [FILE]

const root = fileURLToPath(new URL("..", import.meta.url));
const file = `${root}${process.argv[2] ?? "assembly/decoder/tile.ts"}`;
const WAITING = "Waiting for file changes";
const PATIENCE_MS = 600_000;

const source = readFileSync(file, "utf8");
const vitest = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "watch", "--project", "unit"], {
  cwd: root,
  stdio: ["ignore", "pipe", "pipe"],
  env: { ...process.env, NO_COLOR: "1" },
});

let output = "";
/** Called with all output since the last `until` whenever there is more. */
let look: () => void = () => {};
for (const stream of [vitest.stdout, vitest.stderr]) {
  stream.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    look();
  });
}

/** Resolves with the milliseconds from `start` until vitest has printed `text`. */
function until(text: string, start: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no "${text}" in time:\n${output}`)), PATIENCE_MS);
    const previous = look;
    look = () => {
      previous();
      if (!output.includes(text)) return;
      clearTimeout(timer);
      resolve(performance.now() - start);
    };
    look();
  });
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;

try {
  const start = performance.now();
  console.log(`first run: ${seconds(await until(WAITING, start))}`);
  console.log(output.match(/Test Files .*/)?.[0]);
  output = "";
  look = () => {};
  const edit = performance.now();
  writeFileSync(file, `${source}// Edited by scripts/time-watch.ts.\n`);
  const [compiled, first, last] = await Promise.all([
    until(" RERUN ", edit).then(() => until("run --silent compile", edit)),
    until("✓", edit),
    until(WAITING, edit),
  ]);
  console.log(
    `the compiler starts after ${seconds(compiled)}, the first test file passes after ${seconds(first)}, the last after ${seconds(last)}`,
  );
  console.log(output.match(/Test Files .*/)?.[0]);
} finally {
  writeFileSync(file, source);
  vitest.kill();
}
