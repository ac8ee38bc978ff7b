import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CodeBlock, documentPaths, readDocument, root } from "../support/markdown.ts";
import { installPacked, packPackage } from "../support/packed.ts";

// The programs that documents show, on the package as it would be published. What is in a block marked `js` or `sh` runs;
// what cannot has a comment above it, `<!-- not run: WHY -->`.
//
// A document's `js` blocks are one program, each in a scope inside the one before: a reader goes from top to bottom too.
// `// → words` says what is printed.

const folder = `${root}build/documents`;
const LIMIT = 120_000;
const PRINTED = /\/\/ → (.*)$/gm;

/** Documents that show how the package is used; what other READMEs show has tests of its own beside this one. */
const documents = documentPaths()
  .filter((path) => !path.includes("/") || path.startsWith("docs/"))
  .map(readDocument);

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(program: string, words: readonly string[]): Outcome {
  return spawnSync(program, words, { cwd: root, encoding: "utf8", timeout: LIMIT, maxBuffer: 2 ** 24 });
}

/** One program of all blocks, which says on standard error where it is. */
function nested(path: string, [first, ...rest]: readonly CodeBlock[]): string {
  if (first === undefined) return "";
  const body = first.text.replace(
    /^import (?:(\w+)|(\{[^}]*\})) from ("[^"]+");$/gm,
    (_, whole: string | undefined, names: string, from: string) =>
      `const ${whole === undefined ? names.replaceAll(" as ", ": ") : `{ default: ${whole} }`} = await import(${from});`,
  );
  return `console.error("${path}:${first.line}");\n{\n${body}\n${nested(path, rest)}}\n`;
}

/** Commands run in the project's folder, so none may change what the project is made from. */
const manifests = (): string[] =>
  ["package.json", "package-lock.json"].map((name) => readFileSync(`${root}${name}`, "utf8"));
const manifestsBefore = manifests();

afterAll(() => {
  expect(manifests()).toEqual(manifestsBefore);
});

beforeAll(() => {
  installPacked(packPackage(folder), folder);
});

describe.each(documents.map((document) => [document.path, document.blocks] as const))("%s", (path, blocks) => {
  const programs = blocks.filter(({ language, notRun }) => language === "js" && notRun === undefined);
  const commands = blocks.filter(({ language, notRun }) => language === "sh" && notRun === undefined);
  const left = blocks.filter(({ notRun }) => notRun !== undefined);

  it.skipIf(programs.length === 0)("has programs that run and print what it says", { timeout: LIMIT }, () => {
    const file = join(folder, `${path.replaceAll("/", "-")}.mjs`);
    writeFileSync(file, nested(path, programs));
    const { status, stdout, stderr } = run(process.execPath, [file]);
    expect(status, stderr).toBe(0);
    const wanted = programs.flatMap(({ text }) => [...text.matchAll(PRINTED)].map(([, words]) => words as string));
    expect(stdout.split("\n").filter((line) => line !== "")).toEqual(wanted);
  });

  it.each(commands.map(({ line, text }) => [line, text] as const))(
    "has commands in line %i that run",
    { timeout: LIMIT },
    (_, text) => {
      expect(existsSync(`${root}dist/library/cli.js`)).toBe(true);
      const { status, stderr } = run("sh", ["-e", "-c", text]);
      expect(status, stderr).toBe(0);
    },
  );

  it.skip.each(left.map(({ line, notRun }) => [line, notRun] as const))("leaves out line %i: %s", () => {});
});

it("knows the language of every block", () => {
  const known = ["js", "sh", "typescript", "json", "python", "text", undefined, ""];
  const unknown = documents.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ language }) => !known.includes(language))
      .map(({ line, language }) => `${path}:${line}: ${language}`),
  );
  expect(unknown).toEqual([]);
});
