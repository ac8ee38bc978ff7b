// Results as lines of JSON.

import { doubles, floats } from "../bytes";
import { gate, lossesAddress, probabilitiesAddress } from "../index";
import { lowest } from "../inference/confidence";
import * as sizes from "../sizes";
import { CLASS_NAMES, IS_CALIBRATED, REJECT_BELOW, REJECT_GATE_BELOW } from "./frozen";
import { flush, put, putNumber, putWhole } from "./text";

/** Writes what the last search and its confidence found. */
export function writeResult(frame: u64, evaluations: i32): void {
  const losses = lossesAddress();
  const probabilities = probabilitiesAddress();
  const label = lowest(losses, sizes.classes);
  const confidence = load<f64>(probabilities + doubles(label));
  beginResult(frame, label);
  put(',"confidence":');
  putNumber(confidence);
  const isRejected = confidence < REJECT_BELOW || (IS_CALIBRATED && gate() < REJECT_GATE_BELOW);
  put(isRejected ? ',"rejected":true' : ',"rejected":false');
  put(',"losses":[');
  for (let index = 0; index < sizes.classes; ++index) {
    if (index > 0) put(",");
    // Widened first, because JSON's numbers are read with 64 bits: the digits of a 32-bit float would name another.
    putNumber(<f64>load<f32>(losses + floats(index)));
  }
  put('],"probabilities":[');
  for (let index = 0; index < sizes.classes; ++index) {
    if (index > 0) put(",");
    putNumber(load<f64>(probabilities + doubles(index)));
  }
  put('],"evaluations":');
  putWhole(evaluations);
  endResult();
}

/** Writes the label alone. */
export function writeLabel(frame: u64, label: i32): void {
  beginResult(frame, label);
  endResult();
}

function beginResult(frame: u64, label: i32): void {
  put('{"frame":');
  putWhole(frame);
  put(',"label":');
  putWhole(label);
  put(',"name":');
  put(unchecked(CLASS_NAMES[label]));
}

function endResult(): void {
  put("}\n");
  flush();
}
