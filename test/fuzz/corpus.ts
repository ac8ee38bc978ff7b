import { existsSync, readdirSync, readFileSync } from "node:fs";

/**
 * Cases worth trying again: what once broke, named after that, and what coverage found to lead to new places. All are bytes that
 * a target reads its choices from; a target that comes to read others makes other cases of them.
 */
const FOLDER = new URL("./corpus/", import.meta.url);

/** The cases kept for a target, by the names of their files. */
export function corpusOf(target: string): ReadonlyMap<string, Uint8Array> {
  const folder = new URL(`${target}/`, FOLDER);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]),
  );
}
