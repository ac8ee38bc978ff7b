import { WriteStream } from "node:tty";
import type { Environment } from "./environment.ts";

/** How many colours may be used on standard output; `full` is 24 bits. */
export type ColourDepth = "none" | "16" | "256" | "full";

/** In the order of Node's numbers of bits. */
const BITS: readonly (readonly [number, ColourDepth])[] = [
  [24, "full"],
  [8, "256"],
  [4, "16"],
];

/**
 * What the environment allows. `FORCE_COLOR` decides where it is set, whether there is a terminal or not: `0` or `false` for none,
 * `2` for 256 colours, `3` for 24 bits, anything else for what the terminal has and 16 at least. Otherwise there is none without a
 * terminal, or where `NO_COLOR` holds anything (https://no-color.org); and Node knows terminals by `TERM`, `COLORTERM` and others.
 */
export function colourDepth({ stdout, variables }: Pick<Environment, "stdout" | "variables">): ColourDepth {
  const { FORCE_COLOR: forced, NO_COLOR: refused = "", ...others } = variables;
  if (forced === "0" || forced === "false") return "none";
  if (forced === "2") return "256";
  if (forced === "3") return "full";
  if (forced === undefined && (stdout.isTTY !== true || refused !== "")) return "none";
  const bits = WriteStream.prototype.getColorDepth(others);
  const detected = BITS.find(([least]) => bits >= least)?.[1] ?? "none";
  return forced !== undefined && detected === "none" ? "16" : detected;
}
