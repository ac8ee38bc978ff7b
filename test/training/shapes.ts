import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { draw } from "../image/drawing.ts";
import { uniformNumbers } from "../support/random-model.ts";

// Data sets of drawn shapes, for training on classes that are no digits.

type Point = readonly [number, number];
type Stroke = readonly [Point, Point];

/** A drawn shape: 784 bytes, bright on dark. */
export type ShapeImage = Uint8Array;

/** The closed line through points of the unit circle, `turns` of it from one to the next. */
function polygon(corners: number, turns = 1 / corners): Stroke[] {
  const corner = (index: number): Point => {
    const angle = 2 * Math.PI * turns * index;
    return [Math.cos(angle), Math.sin(angle)];
  };
  return Array.from({ length: corners }, (_, index) => [corner(index), corner(index + 1)] as const);
}

/** Strokes in the unit circle, by name. A star's line skips every second of five corners. */
export const SHAPES: Readonly<Record<string, readonly Stroke[]>> = {
  circle: polygon(24),
  square: polygon(4),
  star: polygon(5, 2 / 5),
};

/** Draws a shape in 28×28 at a random turn, place, size and width of the pen; `next` yields numbers in [0, 1). */
export function drawShape(strokes: readonly Stroke[], next: () => number): ShapeImage {
  const angle = 2 * Math.PI * next();
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const turn = ([x, y]: Point): Point => [cosine * x - sine * y, sine * x + cosine * y];
  const { data } = draw({
    width: 28,
    height: 28,
    left: 14 + 2 * next() - 1,
    top: 14 + 2 * next() - 1,
    size: 8 + 2 * next(),
    pen: 2 + next(),
    strokes: strokes.map(([from, to]) => [turn(from), turn(to)] as const),
  });
  return Uint8Array.from(data, (value) => Math.round(255 * value));
}

/** An idx file of unsigned bytes. */
export function idxFile(shape: readonly number[], values: Uint8Array): Uint8Array {
  const file = new Uint8Array(4 + 4 * shape.length + values.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, 0x800 + shape.length);
  shape.forEach((extent, axis) => {
    view.setUint32(4 + 4 * axis, extent);
  });
  file.set(values, 4 + 4 * shape.length);
  return file;
}

/** Writes the images and labels of one part of a data set, `train` or `t10k`. */
export function writePart(directory: string, prefix: string, images: readonly Uint8Array[], labels: number[]): void {
  const side = Math.sqrt(images[0]?.length ?? 0);
  const joined = Uint8Array.from(images.flatMap((image) => [...image]));
  writeFileSync(join(directory, `${prefix}-images-idx3-ubyte`), idxFile([images.length, side, side], joined));
  writeFileSync(join(directory, `${prefix}-labels-idx1-ubyte`), idxFile([labels.length], Uint8Array.from(labels)));
}

/** Writes one part with so many drawings of each shape, in mixed order; labels count the names as given. */
export function writeShapes(
  directory: string,
  prefix: string,
  names: readonly string[],
  perClass: number,
  seed: number,
): void {
  const next = uniformNumbers(seed);
  const labels = Array.from({ length: perClass * names.length }, (_, index) => index % names.length);
  for (let index = labels.length - 1; index > 0; --index) {
    const other = Math.floor((index + 1) * next());
    [labels[index], labels[other]] = [labels[other] as number, labels[index] as number];
  }
  const images = labels.map((label) => drawShape(SHAPES[names[label] as string] as readonly Stroke[], next));
  writePart(directory, prefix, images, labels);
}

/** A binary PGM file of a 28×28 image. */
export function pgmFile(image: ShapeImage): Uint8Array {
  return Buffer.concat([Buffer.from("P5\n28 28\n255\n"), image]);
}
