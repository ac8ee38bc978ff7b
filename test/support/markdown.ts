import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import GithubSlugger from "github-slugger";
import { marked, type Token } from "marked";

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
  const document: Document = { path, links: [], codeSpans: [], blocks: [], anchors: new Set() };
  const slugger = new GithubSlugger();
  let line = 1;
  let notRun: string | undefined;
  for (const token of marked.lexer(readFileSync(`${root}${path}`, "utf8"))) {
    if (token.type === "html") notRun = NOT_RUN.exec(token.raw)?.[1] ?? notRun;
    else if (token.type === "code") {
      document.blocks.push({
        line: line + 1,
        text: token["text"] as string,
        language: token["lang"] as string,
        notRun,
      });
    }
    if (token.type !== "html" && token.type !== "space") notRun = undefined;
    if (token.type === "heading") document.anchors.add(slugger.slug(plainText(token)));
    marked.walkTokens([token], (inner) => {
      const at = line + countLines(token.raw.slice(0, Math.max(0, token.raw.indexOf(inner.raw))));
      const { type, href, text } = inner as { type: string; href: string; text: string };
      if (type === "link" || type === "image") document.links.push({ line: at, text: href });
      if (type === "codespan") document.codeSpans.push({ line: at, text });
    });
    line += countLines(token.raw);
  }
  return document;
}

function countLines(text: string): number {
  return text.split("\n").length - 1;
}

/** A heading's words without their marks. */
function plainText(token: Token): string {
  if (!("tokens" in token) || token.tokens === undefined) return "text" in token ? String(token.text) : token.raw;
  return token.tokens.map((inner) => plainText(inner)).join("");
}
