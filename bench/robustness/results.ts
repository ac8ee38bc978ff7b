import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AttackRecord, asRecord } from "../../src/cli/attack/results.ts";
import type { ModelName } from "./plan.ts";

/** The results of all workers, by model; of equal attacks on an image the last. */
export function readResults(
  folder: string,
  models: readonly ModelName[],
  split: string,
): Map<ModelName, AttackRecord[]> {
  return new Map(models.map((name) => [name, resultsOf(folder, name, split)]));
}

/** The files of a model's workers. */
export function resultFiles(folder: string, name: ModelName): string[] {
  return readdirSync(folder).filter(
    (file) => file.startsWith(`${name}-`) && /^\d+\.jsonl$/.test(file.slice(name.length + 1)),
  );
}

function resultsOf(folder: string, name: ModelName, split: string): AttackRecord[] {
  const found = new Map<string, AttackRecord>();
  for (const file of resultFiles(folder, name)) {
    for (const line of resultLines(folder, file, split)) {
      const record = asRecord(JSON.parse(line));
      if (record === undefined) throw new Error(`${file}: holds a line that is no result of an attack`);
      found.set(`${record.image} ${record.norm} ${record.attack}`, record);
    }
  }
  return [...found.values()];
}

/**
 * The lines of a file that hold results, but for one that was not written to its end.
 *
 * @throws {Error} when the file is of another split
 */
export function resultLines(folder: string, file: string, split: string): string[] {
  const [header, ...lines] = readFileSync(join(folder, file), "utf8").split("\n").slice(0, -1);
  const found = (JSON.parse(header ?? "{}") as { split?: string }).split;
  if (found !== split) throw new Error(`${file}: is of the ${found} images, wanted the ${split} images`);
  return lines;
}
