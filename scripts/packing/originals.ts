import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "./package.ts";

// npm packs the documents that lie in the project's folder, so they are changed there while it does, and changed back.

const KEPT = join(ROOT, "build", "packing");

/** Writes a document over, and keeps what it was. */
export function replaceDocument(path: string, text: string): void {
  const kept = join(KEPT, path);
  mkdirSync(dirname(kept), { recursive: true });
  cpSync(join(ROOT, path), kept);
  writeFileSync(join(ROOT, path), text);
}

/** Puts the documents back as they were. */
export function restoreDocuments(): void {
  if (!existsSync(KEPT)) return;
  cpSync(KEPT, ROOT, { recursive: true });
  rmSync(KEPT, { recursive: true });
}
