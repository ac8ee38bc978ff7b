import { posix } from "node:path";
import { eventsOf } from "../markdown.ts";

// Documents link to each other, and to pictures, by relative paths. Most of those files are not in the package, so there
// the links have to lead to the repository.

/** Where a Markdown text links to. */
export interface Link {
  target: string;
  /** Whether the target is shown in place. */
  isImage: boolean;
  /** Offsets of the target in the text. */
  start: number;
  end: number;
}

/** The links of a Markdown text, in their order: inline ones, images and definitions; none that code shows. */
export function linksOf(markdown: string): Link[] {
  const links: Link[] = [];
  let images = 0;
  for (const [event, { type, start, end }] of eventsOf(markdown)) {
    if (type === "image") images += event === "enter" ? 1 : -1;
    if (event !== "enter") continue;
    const text = markdown.slice(start.offset, end.offset);
    if (/^html(Flow|Text)$/.test(type) && /\b(?:href|src)\s*=/i.test(text)) {
      throw new Error(`got the HTML ${text.slice(0, 80)}, wanted a link or picture as Markdown writes it`);
    }
    if (type === "resourceDestinationString" || type === "definitionDestinationString") {
      links.push({ target: text, isImage: images > 0, start: start.offset, end: end.offset });
    }
  }
  return links;
}

/** Where the files are that a package does not hold. */
export interface Repository {
  /** Its page on GitHub, without a slash at the end. */
  page: string;
  /** A tag, so that the links of a version stay what they were. */
  revision: string;
  /** Whether it holds a file or a folder. */
  has: (path: string) => "file" | "folder" | undefined;
}

/**
 * A document with its links as the package needs them: those to files that it holds stay relative, all other relative ones
 * lead to the repository.
 *
 * @param path the document's own, from the root of the package and of the repository
 * @param packed paths of the files that the package holds
 * @throws {Error} for a link to something that the repository does not have
 */
export function withPackedLinks(
  markdown: string,
  path: string,
  packed: ReadonlySet<string>,
  { page, revision, has }: Repository,
): string {
  let rewritten = "";
  let copied = 0;
  for (const { target, isImage, start, end } of linksOf(markdown)) {
    const [, written = "", anchor = ""] = /^([^?#]*)(.*)$/s.exec(target) ?? [];
    if (written === "" || /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(target)) continue;
    const meant = posix.join(posix.dirname(path), decodeURIComponent(written)).replace(/\/$/, "");
    if (packed.has(meant)) continue;
    const kind = meant.startsWith("../") || meant.startsWith("/") ? undefined : has(meant);
    if (kind === undefined) throw new Error(`${path} links to ${target}, which is not there`);
    const view = isImage ? "raw" : kind === "file" ? "blob" : "tree";
    rewritten += `${markdown.slice(copied, start)}${page}/${view}/${revision}/${encodeURI(meant)}${anchor}`;
    copied = end;
  }
  return rewritten + markdown.slice(copied);
}
