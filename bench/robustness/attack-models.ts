import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { attack, attacksFor } from "../../src/attacks/run.ts";
import { unitName } from "../../src/cli/attack/results.ts";
import { ResultStore } from "../../src/cli/attack/store.ts";
import { type Digits, readDigits, toUnitRange } from "../sets/mnist.ts";
import { type BenchModel, benchModel } from "./models.ts";
import { BUDGET, type ModelName, PLANS, plannedAttacks, SEED, type Unit, unitsOf } from "./plan.ts";

/** What is to be attacked, and where the results go. */
export interface RobustnessSettings {
  readonly data: string;
  readonly published: string | undefined;
  readonly split: "test" | "validation";
  readonly models: readonly ModelName[];
  /** Images at most, for a quick look. */
  readonly most: number;
  readonly out: string;
  readonly workers: number;
}

/** Images of one model before the next has its turn, so that a run that is cut off has something of all. */
const BLOCK = 10;

/** The part of one of several workers: every image whose number it has as the remainder. */
export async function attackModels(settings: RobustnessSettings, worker: number): Promise<void> {
  const digits = readDigits(settings.data, settings.split);
  const opened = [];
  for (const name of settings.models) opened.push(await openModel(settings, name, worker, digits));
  const last = Math.max(...opened.map(({ images }) => images));
  for (let block = 0; block < last; block += BLOCK) {
    for (const { name, bench, store, done, images } of opened) {
      for (let image = block; image < Math.min(block + BLOCK, images); ++image) {
        if (image % settings.workers !== worker) continue;
        const plan = plannedAttacks(name, (norm) => attacksFor(bench.model, norm, bench.substitute));
        for (const unit of unitsOf(name, plan, image)) {
          if (!done.has(unitName(unit))) await store.add(attackUnit(bench, digits, unit));
        }
      }
      console.error(`${name}: worker ${worker} is at image ${Math.min(block + BLOCK, images)} of ${images}`);
    }
  }
  for (const { store } of opened) await store.close();
}

/** Results of other attacks must not be mixed with these: a hash of their sources. */
function attacksVersion(): string {
  const hash = createHash("sha256");
  const folder = new URL("../../src/attacks/", import.meta.url);
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (path.endsWith(".ts")) hash.update(readFileSync(new URL(path, folder)));
  }
  return hash.digest("hex").slice(0, 16);
}

async function openModel(
  { data, published, split, out, most }: RobustnessSettings,
  name: ModelName,
  worker: number,
  digits: Digits,
) {
  const bench = await benchModel(name, data, published);
  const done = new Set<string>();
  const settings = {
    version: attacksVersion(),
    split,
    dataSha256: createHash("sha256").update(digits.image(0)).update(digits.labels).digest("hex"),
    weightsSha256: bench.sha256,
    inference: "race",
    effort: "standard",
    variant: name,
    budget: BUDGET,
    seed: SEED,
  };
  const store = await ResultStore.open(join(out, `${name}-${worker}.jsonl`), settings, (result) =>
    done.add(unitName(result)),
  );
  const { images, cheapImages } = PLANS[name];
  return {
    name,
    bench,
    store,
    done,
    images: Math.min(most, Math.max(images, cheapImages)),
  };
}

function attackUnit({ model, substitute }: BenchModel, digits: Digits, { image, norm, attack: name }: Unit) {
  const began = performance.now();
  const truth = digits.labels[image] as number;
  const options = { norm, seed: SEED, budget: BUDGET, ...(substitute === undefined ? {} : { substitute }) };
  const {
    distance,
    label,
    queries,
    image: changed,
  } = attack(name, model, toUnitRange(digits.image(image)), truth, options);
  const milliseconds = Math.round(10 * (performance.now() - began)) / 10;
  return {
    image,
    truth,
    norm,
    attack: name,
    distance,
    label,
    queries,
    milliseconds,
    ...(changed === undefined ? {} : { changed }),
  };
}
