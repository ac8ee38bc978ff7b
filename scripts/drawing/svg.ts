import { encode } from "fast-png";
import { IMAGE_SIDE } from "../../format/image.ts";

// What pictures of images and words in SVG are made of.

/** An image of 784 values in [0, 1] as a square whose upper left corner is at x, y. */
export function picture(image: Float32Array, x: number, y: number, side: number): string {
  const data = Uint8Array.from(image, (value) => Math.round(255 * Math.max(0, Math.min(1, value))));
  const png = encode({ width: IMAGE_SIDE, height: IMAGE_SIDE, data, channels: 1, depth: 8 });
  const href = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
  return `<image x="${x}" y="${y}" width="${side}" height="${side}" style="image-rendering:pixelated" href="${href}"/>`;
}

/** Words centred on x, their base line at y. */
export function text(words: string, x: number, y: number, weight: "normal" | "bold" = "normal"): string {
  return `<text x="${x}" y="${y}" text-anchor="middle" font-weight="${weight}">${words}</text>`;
}

/** A whole drawing on white. */
export function drawing(parts: readonly string[], width: number, height: number, style = ""): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">
${style === "" ? "" : `<style>${style}</style>\n`}<rect width="${width}" height="${height}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}
