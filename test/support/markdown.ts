import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import GithubSlugger from "github-slugger";
import { eventsOf } from "../../scripts/markdown.ts";

// The project's documents, as the tests look at them.

/** The project's root, with a slash at its end. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** A piece of a document and the line where it stands. */
export interface Piece {
  line: number;
  text: string;
}

/** A fenced block of code. */
export interface CodeBlock extends Piece {
  /** The word after the fence: `js`, `sh`, … */
  language: string;
  /** Why the tests do not run it, out of a comment `<!-- not run: … -->` above it. */
  notRun: string | undefined;
}

/** What is looked at in a document. */
export interface Document {
  /** Path from the root. */
  path: string;
  /** Targets of links and pictures. */
  links: Piece[];
  /** Code within sentences. */
  codeSpans: Piece[];
  blocks: CodeBlock[];
  /** What a link may have after `#`. */
  anchors: Set<string>;
}

const NOT_RUN = /<!-- not run: (.+?) -->/;

/** Everything that people read first, as paths from the root. */
export function documentPaths(): string[] {
  const markdown = (folder: string): string[] =>
    readdirSync(`${root}${folder}`)
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}${name}`);
  const examples = readdirSync(`${root}examples`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...["README.md", "CONTRIBUTING.md", "training/README.md", "bench/baselines/README.md", "weights/abs-mnist.md"],
    ...markdown("docs/"),
    ...examples.flatMap(({ name }) => markdown(`examples/${name}/`)),
  ];
}

/** Reads a document. */
export function readDocument(path: string): Document {
  const text = readFileSync(`${root}${path}`, "utf8");
  const document: Document = { path, links: [], codeSpans: [], blocks: [], anchors: new Set() };
  const slugger = new GithubSlugger();
  let notRun: string | undefined;
  let block: { line: number; language: string; from?: number; to?: number } | undefined;
  let heading: string | undefined;
  for (const [event, { type, start, end }] of eventsOf(text)) {
    const source = text.slice(start.offset, end.offset);
    const piece = { line: start.line, text: source };
    if (event === "enter") {
      if (type === "htmlFlow") notRun = NOT_RUN.exec(source)?.[1] ?? notRun;
      else if (type === "codeFenced") block = { line: start.line + 1, language: "" };
      else if (type === "codeFencedFenceInfo" && block !== undefined) block.language = source;
      else if (type === "codeFlowValue" && block !== undefined) {
        block.from ??= start.offset;
        block.to = end.offset;
      } else if (type === "atxHeading" || type === "setextHeading") heading = "";
      else if (type === "resourceDestinationString") document.links.push(piece);
      else if (type === "codeTextData") document.codeSpans.push(piece);
      if (heading !== undefined && (type === "data" || type === "codeTextData")) heading += source;
      continue;
    }
    if (type === "codeFenced" && block !== undefined) {
      const { line, language, from, to } = block;
      document.blocks.push({ line, text: text.slice(from ?? 0, to ?? 0), language, notRun });
      block = undefined;
    } else if (heading !== undefined && (type === "atxHeading" || type === "setextHeading")) {
      document.anchors.add(slugger.slug(heading));
      heading = undefined;
    }
    // A comment speaks of the block right after it.
    if (LEAVES_COMMENT.has(type)) notRun = undefined;
  }
  return document;
}

const LEAVES_COMMENT = new Set([
  "codeFenced",
  "paragraph",
  "atxHeading",
  "setextHeading",
  "listUnordered",
  "listOrdered",
]);
