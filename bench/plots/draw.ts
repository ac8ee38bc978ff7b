import { parse, View } from "vega";
import { compile } from "vega-lite";

/** Draws a Vega-Lite description as SVG on white. */
export async function drawSvg(description: object): Promise<string> {
  const view = new View(parse(compile({ background: "white", ...description }).spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}
