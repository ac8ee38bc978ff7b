import { html, Markup } from "./markup.ts";
import { STYLE } from "./style.ts";

/** A whole HTML page that needs nothing else: no script, no other file, no network. */
export function page(title: string, content: Markup): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${content}</body>
</html>
`.text;
}
