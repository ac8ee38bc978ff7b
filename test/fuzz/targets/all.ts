import type { Target } from "../target.ts";
import { commandLines } from "./arguments.ts";
import { attacks } from "./attacks.ts";
import { certificates } from "./certify.ts";
import { files } from "./files.ts";
import { images } from "./images.ts";
import { options } from "./options.ts";
import { preprocessing, reading } from "./pictures.ts";
import { service } from "./service.ts";
import { wasiInput } from "./wasi.ts";
import { weights } from "./weights.ts";

/** Every entry of the project that takes what somebody else made. */
export const TARGETS: readonly Target[] = [
  images,
  preprocessing,
  reading,
  weights,
  files,
  wasiInput,
  commandLines,
  options,
  attacks,
  certificates,
  service,
];
