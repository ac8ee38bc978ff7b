// The WASI command: the frozen model over standard input and output. What src/engine.ts and src/classifier.ts tell the
// module on JavaScript hosts it tells it from constants that the build wrote from the same sources.

import { floats } from "../bytes";
import {
  calibratedProbabilities,
  classScalesAddress,
  frozenBundle,
  imageAddress,
  load as loadModel,
  paperProbabilities,
  propose,
  raceLabel,
  raceRulesAddress,
  reserveCalibration,
  searchRace,
} from "../index";
import * as sizes from "../sizes";
import { action, CLASSIFY, effort, format, HELP, isLabelOnly, parse } from "./arguments";
import {
  CALIBRATION,
  CALIBRATION_BYTES,
  HIDDEN_UNITS,
  IS_CALIBRATED,
  PAPER_FLOOR,
  PAPER_SCALE,
  RACE_RULES,
  RACE_RULES_BYTES,
} from "./frozen";
import { writeHelp, writeVersion } from "./help";
import { DETECT, detect, readFrame } from "./read-frame";
import { writeLabel, writeResult } from "./results";
import { exit, FAILED } from "./system";
import { beginError, flush, put } from "./text";

parse();
if (action == CLASSIFY) classifyAll();
else if (action == HELP) writeHelp();
else writeVersion();

function classifyAll(): void {
  if (!prepare()) fail("not enough memory for the model");
  const found = format == DETECT ? detect() : format;
  let frame: u64 = 0;
  for (; readFrame(found, frame, imageAddress()); ++frame) classify(frame);
  if (frame == 0) fail("wanted frames of 28×28 pixels on standard input, got nothing");
}

function prepare(): bool {
  if (loadModel(frozenBundle()) != 0) return false;
  // The variant for greys leaves losses as they are.
  for (let index = 0; index < sizes.classes; ++index) store<f32>(classScalesAddress() + floats(index), 1);
  if (IS_CALIBRATED) {
    const parameters = reserveCalibration(HIDDEN_UNITS);
    if (parameters == 0) return false;
    memory.copy(parameters, CALIBRATION, CALIBRATION_BYTES);
  }
  memory.copy(raceRulesAddress(), RACE_RULES + <usize>effort * RACE_RULES_BYTES, RACE_RULES_BYTES);
  return true;
}

function classify(frame: u64): void {
  propose();
  if (isLabelOnly) {
    writeLabel(frame, raceLabel());
    return;
  }
  let evaluations = searchRace();
  if (IS_CALIBRATED) evaluations += calibratedProbabilities();
  else paperProbabilities(PAPER_SCALE, PAPER_FLOOR);
  writeResult(frame, evaluations);
}

function fail(message: string): void {
  beginError();
  put("abs: ");
  put(message);
  put("\n");
  flush();
  exit(FAILED);
}
