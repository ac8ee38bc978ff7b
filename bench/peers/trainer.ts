import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs a command of the trainer, on one thread, and returns what it prints. */
export function runTrainer(python: string, command: readonly string[]): string {
  return execFileSync(python, ["-m", "abs_training", ...command], {
    cwd: fileURLToPath(new URL("../../training/", import.meta.url)),
    env: {
      ...process.env,
      OPENBLAS_NUM_THREADS: "1",
      OMP_NUM_THREADS: "1",
      MKL_NUM_THREADS: "1",
      PYTHONWARNINGS: "ignore",
    },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Calls `use` with a new empty folder, which is gone afterwards. */
export async function inNewFolder<Result>(use: (folder: string) => Result | Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "abs-bench-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
