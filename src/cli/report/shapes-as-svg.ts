import { html, type Markup } from "./markup.ts";
import { LIGHT } from "./palette.ts";
import { pixelsUrl } from "./pictures.ts";
import type { Colour, Drawing, Shape } from "./shapes.ts";

/** Of letters, in pixels, where a drawing is shown as wide as it is. */
const FONT_SIZE = 12;

/** A drawing as an `svg` element in a page's colours, with a title and a description for those who do not see it. */
export function svg({ width, height, shapes }: Drawing, name: string, title: string, description: string): Markup {
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${name}-title ${name}-text">
<title id="${name}-title">${title}</title>
<desc id="${name}-text">${description}</desc>
${shapes.map(element)}</svg>`;
}

/** A drawing as the text of an SVG file on white. */
export function svgFile({ width, height, shapes }: Drawing, title: string): string {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="sans-serif">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
${shapes.map(element)}</svg>
`.text;
}

function element(shape: Shape): Markup {
  switch (shape.kind) {
    case "line": {
      const path = shape.points
        .map(([x, y], index) => `${index === 0 ? "M" : "L"}${rounded(x)} ${rounded(y)}`)
        .join("");
      return html`<path d="${path}" style="fill:none;stroke:${css(shape.colour)};stroke-width:${shape.width}"/>
`;
    }
    case "box": {
      const { x, y, width, height, colour } = shape;
      return html`<rect x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}" style="fill:${css(colour)}"/>
`;
    }
    case "words": {
      const { x, y, anchor, colour, size = 1, isBold = false, text } = shape;
      const weight = isBold ? ";font-weight:bold" : "";
      return html`<text x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}" style="fill:${css(colour)};font-size:${size * FONT_SIZE}px${weight}">${text}</text>
`;
    }
    case "pixels": {
      const { x, y, side, colours } = shape;
      return html`<image x="${x}" y="${y}" width="${side}" height="${side}" style="image-rendering:pixelated" href="${pixelsUrl(colours)}"/>
`;
    }
  }
}

function css(colour: Colour): string {
  // A file of its own has no page that says what the colours are.
  return typeof colour === "string" ? `var(--${colour}, ${LIGHT[colour]})` : `rgb(${colour.join(" ")})`;
}

function rounded(value: number): number {
  return Math.round(10 * value) / 10;
}
