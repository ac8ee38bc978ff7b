import { type Command, type Invocation, UsageError } from "./command.ts";
import type { FrameMode } from "./frame-source.ts";

/** Options that say whether images are preprocessed. */
export const FRAME_OPTIONS = {
  raw: { description: "take 28×28 images as they are, whatever they show" },
  preprocess: { description: "crop, scale and centre also what already looks like an MNIST frame" },
} as const satisfies Command["options"];

/** @throws UsageError when both options are there */
export function frameMode(invocation: Invocation): FrameMode {
  if (invocation.flag("raw") && invocation.flag("preprocess")) {
    throw new UsageError("--raw and --preprocess exclude each other");
  }
  return invocation.flag("raw") ? "raw" : invocation.flag("preprocess") ? "preprocess" : "look";
}
