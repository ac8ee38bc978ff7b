import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { type Document, documentPaths, type Piece, readDocument, root } from "./support/markdown.ts";

// What documents name is there. `test/examples/documents.test.ts` runs the programs in them.

const documents = documentPaths().map(readDocument);
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: Record<string, string> };
const TOP = readdirSync(root);
/** Where builds, benches and training leave what they make. */
const MADE = ["dist", "build", "node_modules"];
/** Code that looks like a path to a file or folder: words between slashes, without blanks and placeholders. */
const PATH = /^\.{0,2}\/?[\w.-]+\/([\w.-]+\/?)*$/;
/** Stands for a name that the reader chooses. */
const PLACEHOLDER = /(^|\/)[A-Z]+(\/|$)/;
/** Endings of files that nobody but this project names. */
const SOURCE = /^[\w-]+(\/[\w.-]+)*\.(ts|mts|py|mjs|toml|yaml)$/;
const SOURCES = ["assembly", "bench", "examples", "format", "scripts", "src", "test", "training"].flatMap(filesBelow);

function filesBelow(folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return MADE.includes(entry.name) ? [] : filesBelow(path);
  });
}

/** Why a link leads nowhere, or undefined. */
function linkFault(document: Document, target: string): string | undefined {
  const [path, anchor] = target.split("#") as [string, string | undefined];
  const file = path === "" ? document.path : normalize(join(dirname(document.path), path));
  if (!existsSync(join(root, file))) return `there is no ${file}`;
  if (anchor === undefined) return undefined;
  const { anchors } = documents.find((other) => other.path === file) ?? readDocument(file);
  return anchors.has(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

/** Why a word that looks like a path from the root or from the document leads nowhere, or undefined. */
function pathFault(document: Document, word: string): string | undefined {
  if (!PATH.test(word) || PLACEHOLDER.test(word)) return undefined;
  const places = [word, join(dirname(document.path), word)].map((place) => normalize(place).replace(/\/$/, ""));
  const isMade = places.some((place) => place.split("/").some((part) => MADE.includes(part)));
  if (isMade || places.some((place) => existsSync(join(root, place)))) return undefined;
  const [first] = (places[word.startsWith("..") ? 1 : 0] as string).split("/");
  return TOP.includes(first as string) ? `there is no ${word}` : undefined;
}

/** Why a name of a source file, alone or below a folder, is that of none; undefined where there is such a file. */
function sourceFault(document: Document, name: string): string | undefined {
  if (!SOURCE.test(name) || existsSync(join(root, name)) || existsSync(join(root, dirname(document.path), name))) {
    return undefined;
  }
  return SOURCES.some((source) => source.endsWith(`/${name}`)) ? undefined : `no file of the project ends in ${name}`;
}

function faults(document: Document, pieces: readonly Piece[], find: (text: string) => string | undefined): string[] {
  return pieces.flatMap(({ line, text }) => {
    const fault = find(text);
    return fault === undefined ? [] : [`${document.path}:${line}: ${text}: ${fault}`];
  });
}

describe.each(documents.map((document) => [document.path, document] as const))("%s", (_, document) => {
  const { links, codeSpans, blocks } = document;

  it("links to what is there", () => {
    const inner = links.filter(({ text }) => !/^[a-z]+:/.test(text));
    expect(faults(document, inner, (target) => linkFault(document, target))).toEqual([]);
  });

  const lines = blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ line, text }) => text.split("\n").map((words, at) => ({ line: line + at, text: words })));

  it("names paths that are there", () => {
    const words = [...codeSpans, ...lines].flatMap(({ line, text }) =>
      text.split(/\s+/).map((word) => ({ line, text: word })),
    );
    expect(faults(document, words, (word) => pathFault(document, word))).toEqual([]);
    expect(faults(document, codeSpans, (name) => sourceFault(document, name))).toEqual([]);
  });

  it("names npm's scripts as package.json has them", () => {
    const script = (text: string): string | undefined => {
      const [, run, short] = /\bnpm (?:run ([\w:-]+)|(start|test)\b)(?!.*--prefix)/.exec(text) ?? [];
      const named = run ?? short;
      return named === undefined || named in scripts ? undefined : `there is no script ${named}`;
    };
    expect(faults(document, [...codeSpans, ...lines], script)).toEqual([]);
  });
});

it("CONTRIBUTING tells which program makes each picture", () => {
  const told = readFileSync(`${root}CONTRIBUTING.md`, "utf8");
  const pictures = readdirSync(`${root}docs`).filter((name) => /\.(svg|png)$/.test(name));
  expect(pictures.filter((name) => !told.includes(`docs/${name}`))).toEqual([]);
});

it("docs/runtimes.md has the hash of today on every runtime that gave one", () => {
  const { hash } = JSON.parse(readFileSync(`${root}test/golden/runtimes.json`, "utf8")) as { hash: string };
  const found = [...readFileSync(`${root}docs/runtimes.md`, "utf8").matchAll(/^\| (.+?) \|.*`([0-9a-f]{12})` \|$/gm)];
  expect(found.length).toBeGreaterThan(10);
  expect(found.filter(([, , letters]) => letters !== hash.slice(0, 12)).map(([, runtime]) => runtime)).toEqual([]);
});

it("README is short enough to be read", () => {
  expect(readFileSync(`${root}README.md`, "utf8").split(/\s+/).length).toBeLessThan(1000);
});

describe("README's figures", () => {
  const [, section] = readFileSync(`${root}README.md`, "utf8").split("## In numbers") as [string, string];
  const items = (section.split("\n## ")[0] as string).split("\n- ").slice(1);
  const withoutComments = (text: string): string => text.replaceAll(/<!--.*?-->/g, "");

  it("are three", () => {
    expect(items.length).toBe(3);
  });

  it.each(items)("stand in the document that measures them: %s", (item) => {
    const [, figure] = /\*\*(.+?)\*\*/.exec(withoutComments(item)) as unknown as [string, string];
    const [, path] = /\]\((docs\/[\w-]+\.md)/.exec(item) as unknown as [string, string];
    const [number] = /^[\d.,]+( of \d+)?( %)?/.exec(figure) as unknown as [string];
    expect(statSync(`${root}${path}`).isFile()).toBe(true);
    expect(readFileSync(`${root}${path}`, "utf8")).toMatch(
      new RegExp(`(?<![\\d.,])${number.replaceAll(".", "\\.")}(?![\\d.,])`),
    );
  });
});
