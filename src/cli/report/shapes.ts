import type { Rgb, Role } from "./palette.ts";

// What charts are made of, whether they are drawn as SVG (shapes-as-svg.ts) or as pixels (shapes-as-png.ts). Lengths are pixels,
// y grows downwards.

export type Colour = Role | Rgb;
export type Point = readonly [x: number, y: number];

export interface Line {
  readonly kind: "line";
  /** Two at least. */
  readonly points: readonly Point[];
  readonly colour: Colour;
  readonly width: number;
}

export interface Box {
  readonly kind: "box";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly colour: Colour;
}

/** One line of words; `y` is their base line. */
export interface Words {
  readonly kind: "words";
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly anchor: "start" | "middle" | "end";
  readonly colour: Colour;
  /** Height next to the usual one; default 1. */
  readonly size?: number;
  readonly isBold?: boolean;
}

/** A square picture. */
export interface Pixels {
  readonly kind: "pixels";
  /** As many rows as columns, row by row. */
  readonly colours: readonly Rgb[];
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

export type Shape = Line | Box | Words | Pixels;

/** A chart or a sheet. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** A shape elsewhere. */
export function moved(shape: Shape, right: number, down: number): Shape {
  if (shape.kind !== "line") return { ...shape, x: shape.x + right, y: shape.y + down };
  return { ...shape, points: shape.points.map(([x, y]) => [x + right, y + down] as const) };
}
