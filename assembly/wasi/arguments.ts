// The command line.

import { reserveBundle } from "../index";
import { EFFORTS, STANDARD_EFFORT } from "./frozen";
import { DETECT, PGM, RAW } from "./read-frame";
import { argumentBytes, exit, readArguments, WRONG_USAGE } from "./system";
import { beginError, flush, put, putBytes } from "./text";

export const CLASSIFY: i32 = 0;
export const HELP: i32 = 1;
export const SHOW_VERSION: i32 = 2;

export let action: i32 = CLASSIFY;
export let format: i32 = DETECT;
/** Index into the efforts. */
export let effort: i32 = STANDARD_EFFORT;
export let isLabelOnly: bool = false;

let words: usize = 0;
let count: i32 = 0;
/** The word that is looked at. */
let place: i32 = 0;

/** Reads the arguments into the variables above. Ends the program when one is wrong. Called before a model is loaded. */
export function parse(): void {
  const bytes = argumentBytes();
  if (bytes == 0) return;
  // `load` empties the memory again.
  words = reserveBundle(bytes);
  if (words == 0) return;
  count = readArguments(words);
  for (place = 1; place < count; ++place) {
    const word = load<usize>(words + <usize>place * sizeof<usize>());
    if (isEqual(word, "--help") || isEqual(word, "-h")) {
      action = HELP;
      return;
    }
    if (isEqual(word, "--version") || isEqual(word, "-V")) {
      action = SHOW_VERSION;
      return;
    }
    if (isEqual(word, "--label-only")) isLabelOnly = true;
    else if (isOption(word, "--format")) format = formatOf(optionValue(word, "--format"));
    else if (isOption(word, "--effort")) effort = effortOf(optionValue(word, "--effort"));
    else
      fail(load<u8>(word) == 0x2d ? "unknown option " : "frames are read from standard input, got the argument ", word);
  }
}

function formatOf(value: usize): i32 {
  if (isEqual(value, "pgm")) return PGM;
  if (!isEqual(value, "raw")) fail("--format wants raw or pgm, got ", value);
  return RAW;
}

function effortOf(value: usize): i32 {
  for (let index = 0; index < EFFORTS.length; ++index) {
    if (isEqual(value, unchecked(EFFORTS[index]))) return index;
  }
  beginError();
  put("abs: --effort wants ");
  for (let index = 0; index < EFFORTS.length; ++index) {
    if (index > 0) put(" or ");
    put(unchecked(EFFORTS[index]));
  }
  put(", got ");
  endUsageError(value);
  return 0;
}

/** Whether the word is the option, alone or with `=` and a value. */
function isOption(word: usize, name: string): bool {
  const rest = behind(word, name);
  return rest != 0 && (load<u8>(rest) == 0 || load<u8>(rest) == 0x3d);
}

/** What follows the option's `=`, or the next word. */
function optionValue(word: usize, name: string): usize {
  const rest = behind(word, name);
  if (load<u8>(rest) == 0x3d) return rest + 1;
  if (++place >= count) fail("a value is missing behind ", word);
  return load<usize>(words + <usize>place * sizeof<usize>());
}

function isEqual(word: usize, text: string): bool {
  const rest = behind(word, text);
  return rest != 0 && load<u8>(rest) == 0;
}

/** Address behind the ASCII text that the word begins with; 0 when it begins otherwise. */
function behind(word: usize, text: string): usize {
  for (let index = 0; index < text.length; ++index) {
    if (<i32>load<u8>(word + <usize>index) != text.charCodeAt(index)) return 0;
  }
  return word + <usize>text.length;
}

function fail(message: string, word: usize): void {
  beginError();
  put("abs: ");
  put(message);
  endUsageError(word);
}

function endUsageError(word: usize): void {
  putBytes(word);
  put("\nTry: --help\n");
  flush();
  exit(WRONG_USAGE);
}
