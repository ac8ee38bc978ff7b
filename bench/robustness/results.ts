import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AttackRecord, asRecord } from "../../src/cli/attack-results.ts";
import type { ModelName } from "./plan.ts";

/** The results of all workers, by model. */
export function readResults(folder: string, models: readonly ModelName[]): Map<ModelName, AttackRecord[]> {
  return new Map(models.map((name) => [name, resultsOf(folder, name)]));
}

/** The files of a model's workers. */
export function resultFiles(folder: string, name: ModelName): string[] {
  return readdirSync(folder).filter(
    (file) => file.startsWith(`${name}-`) && /^\d+\.jsonl$/.test(file.slice(name.length + 1)),
  );
}

function resultsOf(folder: string, name: ModelName): AttackRecord[] {
  return resultFiles(folder, name).flatMap((file) => {
    // The first line tells of which run the others are.
    const [, ...lines] = readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
    return lines.map((line) => {
      const record = asRecord(JSON.parse(line));
      if (record === undefined) throw new Error(`${file}: holds a line that is no result of an attack`);
      return record;
    });
  });
}
