import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** Whether two paths lead to one file, there or not yet there; links to files and to folders are followed. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  if (first !== undefined && second !== undefined) return first.ino === second.ino && first.dev === second.dev;
  const [here, there] = await Promise.all([one, other].map(placeOf));
  return here === there;
}

/** Where a file is to lie that need not be there: its folder without links, as far as there is one. */
async function placeOf(path: string): Promise<string> {
  const whole = resolve(path);
  const folder = await realpath(dirname(whole)).catch(() => dirname(whole));
  return join(folder, basename(whole));
}
