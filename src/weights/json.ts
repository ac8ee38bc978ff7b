import { shown } from "../arguments/shown.ts";
import { WeightsError } from "./errors.ts";

// JSON as a weights file may hold it: no name twice in an object, of which readers would take one or the other, and few
// levels, which every parser takes.

const MOST_LEVELS = 16;
const SPACE = /\s*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;

/**
 * Parses a JSON document.
 *
 * @param name what messages call it
 * @throws {WeightsError} when it is none, has too many levels, or an object in it has a name twice
 */
export function parseJson(text: string, name: string): unknown {
  checkNesting(text, name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new WeightsError(`damaged weights file: ${name} is not JSON`, { cause });
  }
}

/** Looks only at brackets and names; whether the rest is JSON is for the parser to say. */
function checkNesting(text: string, name: string): void {
  /** Of every object and list that is open here, the names in it. */
  const open: Set<string>[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === "{" || character === "[") {
      if (open.push(new Set()) > MOST_LEVELS) {
        throw new WeightsError(`weights file: ${name} is JSON of more than ${MOST_LEVELS} levels`);
      }
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOf(STRING, text, at);
      // An unfinished string ends the document.
      if (end === at) return;
      if (text[endOf(SPACE, text, end)] === ":") addName(open.at(-1), text.slice(at, end), name);
      at = end;
      continue;
    }
    ++at;
  }
}

function addName(names: Set<string> | undefined, written: string, document: string): void {
  let name = written;
  try {
    // Characters can be written in several ways.
    name = JSON.parse(written) as string;
  } catch {
    // The parser will say so.
  }
  if (names?.has(name)) throw new WeightsError(`weights file: ${document} has the name ${shown(name)} twice`);
  names?.add(name);
}

/** Where what a sticky expression matches at `start` ends; `start` where it matches nothing. */
function endOf(expression: RegExp, text: string, start: number): number {
  expression.lastIndex = start;
  return expression.test(text) ? expression.lastIndex : start;
}
