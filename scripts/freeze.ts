import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { EFFORTS, RACE_RULES, raceRuleBytes } from "../src/effort.ts";
import { writeBundle } from "../src/weights/bundle.ts";
import { calibrationValues } from "../src/weights/confidence.ts";
import type { Model } from "../src/weights/model.ts";
import { readWeights } from "../src/weights/read.ts";

// Freezes the weights into the module: writes assembly/frozen.ts, whose static data is the bundle, and
// assembly/wasi/frozen.ts with what the TypeScript wrapper would tell the module at run time.

const WEIGHTS = new URL("../weights/abs-mnist.safetensors", import.meta.url);
const PACKAGE = new URL("../package.json", import.meta.url);
const BUNDLE = new URL("../assembly/frozen.ts", import.meta.url);
const SETTINGS = new URL("../assembly/wasi/frozen.ts", import.meta.url);
/** Its time tells when the weights were frozen last. */
const STAMP = new URL("../build/frozen", import.meta.url);
const WORD_BYTES = 8;

/** Leaves a file that is as it should be untouched, so that nothing is compiled anew for it. */
function writeWhereOther(file: URL, text: string): void {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

/** Static data of 64-bit words, little-endian; keeps the compiler's list of literals short. */
function words(bytes: Uint8Array, alignment: number): string {
  const padded = new Uint8Array(Math.max(1, Math.ceil(bytes.length / WORD_BYTES)) * WORD_BYTES);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const literals = Array.from(
    { length: padded.length / WORD_BYTES },
    (_, index) => `0x${view.getBigUint64(index * WORD_BYTES, true).toString(16)}`,
  );
  return `memory.data<u64>([${literals.join(",")}], ${alignment})`;
}

function bytesOf({ buffer }: Float64Array): Uint8Array {
  return new Uint8Array(buffer);
}

function writeFrozenBundle(bundle: Uint8Array): void {
  writeWhereOther(
    BUNDLE,
    [
      "// Written by scripts/freeze.ts from weights/abs-mnist.safetensors.",
      "",
      "/** The bundle (see bundle.ts) of the weights that the build froze in. */",
      `export const FROZEN_BUNDLE: usize = ${words(bundle, 64)};`,
      `export const FROZEN_BUNDLE_LENGTH: usize = ${bundle.length};`,
      "",
    ].join("\n"),
  );
}

/** @throws {Error} when the weights lack the tables of the race, without which the command has no search */
function writeSettings({ classes, confidence, race }: Model, version: string): void {
  if (race === undefined) throw new Error("weights/abs-mnist.safetensors brings no tables for a race");
  const { paper, calibrated } = confidence;
  const rules = EFFORTS.map((effort) => raceRuleBytes(RACE_RULES[effort]));
  const names = classes.map((name) => JSON.stringify(name));
  writeWhereOther(
    SETTINGS,
    [
      "// Written by scripts/freeze.ts from weights/abs-mnist.safetensors, src/effort.ts and package.json.",
      "",
      `export const VERSION: string = ${JSON.stringify(version)};`,
      "",
      "/** The classes' names by label, as JSON writes them. */",
      `export const CLASS_NAMES: StaticArray<string> = [${names.map((name) => JSON.stringify(name)).join(", ")}];`,
      "",
      "/** Whether the weights bring a fitted confidence; without one the paper's is used. */",
      `export const IS_CALIBRATED: bool = ${calibrated !== undefined};`,
      `export const HIDDEN_UNITS: i32 = ${calibrated?.hiddenWeights.length ?? 0};`,
      "/** f64, in the order of inference/confidence.ts. */",
      `export const CALIBRATION: usize = ${words(bytesOf(Float64Array.from(calibrated ? calibrationValues(calibrated) : [])), 8)};`,
      `export const CALIBRATION_BYTES: usize = ${WORD_BYTES * (calibrated ? calibrationValues(calibrated).length : 0)};`,
      `export const PAPER_SCALE: f64 = ${paper.scale};`,
      `export const PAPER_FLOOR: f64 = ${paper.floor};`,
      "/** Images of lower confidence are rejected. */",
      `export const REJECT_BELOW: f64 = ${(calibrated ?? paper).rejectBelow};`,
      "/** And those whose gate is lower. */",
      `export const REJECT_GATE_BELOW: f64 = ${calibrated?.rejectGateBelow ?? 0};`,
      "",
      `export const EFFORTS: StaticArray<string> = [${EFFORTS.map((effort) => JSON.stringify(effort)).join(", ")}];`,
      `export const STANDARD_EFFORT: i32 = ${EFFORTS.indexOf("standard")};`,
      "/** The race's rules, those of one effort after another, as format/race-rules.ts has them. */",
      `export const RACE_RULES: usize = ${words(Buffer.concat(rules), 8)};`,
      `export const RACE_RULES_BYTES: usize = ${rules[0]?.length ?? 0};`,
      "",
    ].join("\n"),
  );
}

const model = readWeights(readFileSync(WEIGHTS));
const { version } = JSON.parse(readFileSync(PACKAGE, "utf8")) as { version: string };
const bundle = writeBundle(model);
writeFrozenBundle(bundle);
writeSettings(model, version);
mkdirSync(new URL(".", STAMP), { recursive: true });
writeFileSync(STAMP, "");
console.log(`froze ${bundle.length} bytes of weights`);
