import { readFileSync } from "node:fs";
import { join } from "node:path";
import { withPackedLinks } from "./links.ts";
import { npmPack } from "./npm-pack.ts";
import { replaceDocument, restoreDocuments } from "./originals.ts";
import { promisedFiles, ROOT, readManifest, repositoryOf } from "./package.ts";

// What npm runs before it packs, after the build: refuses where the package would lack a file that package.json promises,
// and lets the documents' links lead somewhere. after.ts puts the documents back.

restoreDocuments(); // Should npm have been stopped before it ran after.ts.
const manifest = readManifest();
const packed = new Set(npmPack(ROOT, ["--dry-run"]).files);
const holds = (path: string): boolean => packed.has(path) || [...packed].some((file) => file.startsWith(`${path}/`));
const wanted = manifest.files.filter((path) => !path.startsWith("!"));
const missing = [...promisedFiles(manifest), ...wanted].filter((path) => !holds(path));
if (missing.length > 0) throw new Error(`the package would lack ${missing.join(", ")}`);

const repository = repositoryOf(manifest);
const documents = [...packed].filter((path) => path.endsWith(".md"));
const rewritten = documents.map((path) => {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, packedText: withPackedLinks(text, path, packed, repository) };
});
for (const { path, text, packedText } of rewritten) if (packedText !== text) replaceDocument(path, packedText);
