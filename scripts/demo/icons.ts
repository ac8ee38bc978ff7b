import { encode } from "fast-png";

// The demo's icon: a seven in white on ink blue, with two fainter redrawings behind it.

const STROKE = [
  [9, 8.5],
  [19, 8.5],
  [12.5, 21],
] as const;
const GROUND = [22, 36, 71] as const;
/** Steps between that and white: few make small files, and are more than an edge shows. */
const SHADES = 64;
/** Each redrawing: how far it is shifted, in units of 28, its strength, and the stroke's half width. */
const REDRAWINGS = [
  { shift: 2.6, strength: 0.28, half: 1.5 },
  { shift: 1.3, strength: 0.5, half: 1.6 },
  { shift: 0, strength: 1, half: 1.7 },
] as const;

/** The icon as SVG, with round corners. */
export function iconSvg(): string {
  const path = `M${STROKE.map((point) => point.join(" ")).join("L")}`;
  const strokes = REDRAWINGS.map(
    ({ shift, strength, half }) =>
      `<path d="${path}" transform="translate(${shift} ${shift / 2})" stroke-width="${2 * half}" stroke-opacity="${strength}"/>`,
  ).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="6" fill="rgb(${GROUND.join(" ")})"/><g fill="none" stroke="#fff" stroke-linecap="round" stroke-linejoin="round">${strokes}</g></svg>`;
}

/**
 * The icon as PNG.
 *
 * @param side in pixels
 * @param padding what is left free around the digit, in units of 28: a mask may cut a fifth off every side
 */
export function iconPng(side: number, padding: number): Uint8Array {
  const data = new Uint8Array(side * side);
  const scale = (28 + 2 * padding) / side;
  for (let row = 0; row < side; ++row) {
    for (let column = 0; column < side; ++column) {
      const [x, y] = [column, row].map((place) => (place + 0.5) * scale - padding) as [number, number];
      let bare = 1;
      for (const { shift, strength, half } of REDRAWINGS) {
        const distance = distanceToStroke(x - shift, y - shift / 2);
        // A pixel at the edge is covered in part.
        bare *= 1 - strength * Math.min(1, Math.max(0, (half - distance) / scale + 0.5));
      }
      data[row * side + column] = Math.round((SHADES - 1) * (1 - bare));
    }
  }
  const palette = Array.from({ length: SHADES }, (_, shade) =>
    GROUND.map((part) => Math.round(part + (shade / (SHADES - 1)) * (255 - part))),
  );
  return encode({ data, width: side, height: side, channels: 1, palette }, { zlib: { level: 9 } });
}

function distanceToStroke(x: number, y: number): number {
  let least = Number.POSITIVE_INFINITY;
  STROKE.slice(1).forEach(([toX, toY], index) => {
    const [fromX, fromY] = STROKE[index] as readonly [number, number];
    const [dx, dy] = [toX - fromX, toY - fromY];
    const along = Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / (dx ** 2 + dy ** 2)));
    least = Math.min(least, Math.hypot(x - fromX - along * dx, y - fromY - along * dy));
  });
  return least;
}
