import { parse, postprocess, preprocess } from "micromark";

/** What a Markdown text consists of, as CommonMark parses it: constructs entered and left, with their places in the text. */
export function eventsOf(markdown: string): ReturnType<typeof postprocess> {
  return postprocess(
    parse()
      .document()
      .write(preprocess()(markdown, undefined, true)),
  );
}
