import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AttackRecord, asRecord } from "../../src/cli/attack-results.ts";
import type { ModelName } from "./plan.ts";

/** The results of all workers, by model. */
export function readResults(folder: string, models: readonly ModelName[]): Map<ModelName, AttackRecord[]> {
  return new Map(models.map((name) => [name, resultsOf(folder, name)]));
}

function resultsOf(folder: string, name: ModelName): AttackRecord[] {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && /-\d+\.jsonl$/.test(file));
  return files.flatMap((file) => {
    // The first line tells of which run the others are.
    const [, ...lines] = readFileSync(join(folder, file), "utf8").trimEnd().split("\n");
    return lines.map((line) => {
      const record = asRecord(JSON.parse(line));
      if (record === undefined) throw new Error(`${file}: holds a line that is no result of an attack`);
      return record;
    });
  });
}
