import { expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { Random } from "../../src/random.ts";

// Filled shapes, which no pen that draws digits leaves: blots, stickers, buttons.

const SIDE = 100;
const COUNT = 300;

/** Whether a point lies in a shape about the origin with the half axes `a` and `b`. */
const SHAPES: Readonly<Record<string, (x: number, y: number, a: number, b: number) => boolean>> = {
  ellipses: (x, y, a, b) => (x / a) ** 2 + (y / b) ** 2 < 1,
  rectangles: (x, y, a, b) => Math.abs(x) < a && Math.abs(y) < b,
  triangles: (x, y, a, b) => Math.abs(y) < b && 2 * b * Math.abs(x) < a * (y + b),
};

/** A dark shape on white paper, turned, of half axes from 12 to 40 pixels: shorter ones are bars, and look like ones. */
function drawn(inside: (x: number, y: number, a: number, b: number) => boolean, random: Random): Uint8Array {
  const [a, b] = [12 + 28 * random.uniform(), 12 + 28 * random.uniform()];
  const angle = Math.PI * random.uniform();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [left, top] = [40 + 20 * random.uniform(), 40 + 20 * random.uniform()];
  return Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [(at % SIDE) - left, Math.floor(at / SIDE) - top];
    return inside(cos * x + sin * y, cos * y - sin * x, a, b) ? 0 : 255;
  });
}

it.each(Object.keys(SHAPES))("solid %s are seldom taken for digits", async (name) => {
  const abs = await createClassifier();
  const random = new Random(5);
  let rejected = 0;
  for (let index = 0; index < COUNT; ++index) {
    const data = drawn(SHAPES[name] as (typeof SHAPES)[string], random);
    const { image } = preprocess({ data, width: SIDE, height: SIDE });
    if (abs.classify(image).rejected) ++rejected;
  }
  // Some triangles pass for a closed 4, others for a thick 1.
  expect(rejected / COUNT).toBeGreaterThan(name === "triangles" ? 0.8 : 0.9);
});
