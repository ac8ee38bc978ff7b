import { VERSION } from "./frozen";
import { flush, put } from "./text";

export function writeVersion(): void {
  put(VERSION);
  put("\n");
  flush();
}

export function writeHelp(): void {
  put("abs ");
  put(VERSION);
  put(HELP);
  flush();
}

const HELP: string = `: recognises handwritten digits by redrawing them

Reads frames of 28×28 pixels, bright ink on dark, from standard input and writes
a line of JSON for each: frame, label, name, confidence, rejected, losses,
probabilities and evaluations.

Usage: abs.wasi.wasm [options] < FRAMES

Options:
  --format NAME  raw: 784 bytes a frame; pgm: P2 or P5, largest value up to 255
                 (default: pgm where the input begins with P2 or P5, else raw)
  --effort NAME  how much the race may spend: quick, standard, thorough
                 (default: standard)
  --label-only   only frame, label and name, two to three times as fast
  -V, --version  print the version
  -h, --help     show this help

Exit codes: 0 done, 1 failed on input, 2 wrong usage
`;
