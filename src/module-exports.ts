import type { instantiate } from "../dist/abs.js";

// What the module exports, and whether an instance is one of this release's module. src/engine.ts knows what the calls mean.

/** What assembly/index.ts exports, as its compiler says (`npm run compile`). Addresses are byte offsets into `memory`. */
export type ModuleExports = Awaited<ReturnType<typeof instantiate>>;

/** Its functions, each with how many parameters it has: by these a module of another release is known before it is run. */
const PARAMETERS: Readonly<Record<Exclude<keyof ModuleExports, "memory">, number>> = {
  frozenBundle: 0,
  frozenBundleLength: 0,
  reserveBundle: 1,
  load: 1,
  imageAddress: 0,
  nextImageAddress: 0,
  latentsAddress: 0,
  lossesAddress: 0,
  reconstructionAddress: 0,
  gradientAddress: 0,
  probabilitiesAddress: 0,
  classScalesAddress: 0,
  thresholdImage: 2,
  expandPrototypes: 1,
  reconstruct: 1,
  redraw: 1,
  fitAddress: 0,
  evaluateWithGradient: 1,
  reservePrototypes: 1,
  reserveSamples: 1,
  fillPrototypes: 3,
  fillSamples: 3,
  drawNormal: 3,
  reserveScratch: 1,
  releaseScratch: 1,
  scratchMark: 0,
  dropStarts: 0,
  searchPaper: 0,
  searchPrototypes: 1,
  raceRulesAddress: 0,
  presentImage: 0,
  presentImagePair: 0,
  presentNext: 0,
  searchRace: 0,
  raceLabel: 0,
  settleRace: 0,
  paperProbabilities: 2,
  reserveCalibration: 1,
  calibratedProbabilities: 0,
  featuresAddress: 0,
  gateLogit: 0,
  trailLength: 1,
  trailAddress: 1,
  view: 0,
  viewSourcesAddress: 0,
  seedNoise: 1,
  addNoise: 3,
  castVotes: 4,
  votesAddress: 0,
};

/**
 * The exports of an instance.
 *
 * @throws {Error} when an instance does not export what this release's abs.wasm does
 */
export function checkedExports({ exports }: WebAssembly.Instance): ModuleExports {
  const missing = Object.entries(PARAMETERS).find(([name, count]) => {
    const found: unknown = exports[name];
    return typeof found !== "function" || found.length !== count;
  });
  const hasMemory = Object.prototype.toString.call(exports["memory"]) === "[object WebAssembly.Memory]";
  if (missing !== undefined || !hasMemory) {
    const what = missing === undefined ? "memory" : `function "${missing[0]}" of ${missing[1]} parameters`;
    throw new Error(`module: what was given is not this release's abs.wasm: it exports no ${what}`);
  }
  return exports as unknown as ModuleExports;
}
