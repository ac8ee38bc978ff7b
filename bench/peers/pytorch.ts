import { runTrainer } from "./trainer.ts";

/**
 * The paper's inference by the trainer's own search in PyTorch, on one thread: seconds per image, one number per round, by
 * how many images are searched together.
 */
export function pytorchTimes(
  python: string,
  weights: string,
  data: string,
  batches: readonly number[],
  rounds: number,
): Map<number, number[]> {
  const output = runTrainer(python, [
    ...["inference-times", "--weights", weights, "--data", data],
    ...["--batch", ...batches.map(String), "--rounds", String(rounds)],
  ]);
  const seconds = JSON.parse(output) as Record<string, number[]>;
  return new Map(batches.map((batch) => [batch, seconds[batch] as number[]]));
}
