import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { filesIn } from "../../src/files/files-in.ts";
import { BUILT } from "./plugin.ts";

/** What the page may weigh, in bytes after gzip: all that it ever loads. */
export const BUDGET = 700_000;

/** Every file of the built page with its bytes after gzip, as hosts send it; pictures come as they are. */
export function bytesSent(): { path: string; bytes: number }[] {
  return filesIn(BUILT).map((path) => {
    const content = readFileSync(join(BUILT, path));
    return { path, bytes: path.endsWith(".png") ? content.length : gzipSync(content, { level: 9 }).length };
  });
}
