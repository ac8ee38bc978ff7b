import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Random } from "../../src/random.ts";
import { Network, type Shape, type StoredNetwork } from "../../src/reading/convolution.ts";
import { moduleKernel, scalarKernel } from "../../src/reading/convolution-kernel.ts";
import { CONVOLUTION_MODULE } from "../../src/reading/convolution-module.ts";

const SHAPES: readonly Shape[] = [
  [2, 8, 5, 2, 1],
  [8, 16, 3, 1, 2],
  [16, 24, 3, 2, 1],
  [24, 3, 1, 1, 1],
];
const [ROWS, COLUMNS] = [12, 26];
/** What weights are written in, from -31 to 31. */
const CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A network of random weights, and an image that is 0 in half of its places. */
function drawn(seed: number, rows = ROWS, columns = COLUMNS) {
  const random = new Random(seed);
  const count = SHAPES.reduce((sum, [inputs, outputs, kernel]) => sum + inputs * outputs * kernel * kernel, 0);
  const multiples = Array.from({ length: count }, () => random.below(63) - 31);
  const scales = SHAPES.map(([, outputs]) => Array.from({ length: outputs }, () => 0.04 * random.uniform()));
  const biases = SHAPES.map(([, outputs]) => Array.from({ length: outputs }, () => random.normal()));
  const weights = multiples.map((multiple) => CHARACTERS[multiple + 31]).join("");
  const values = Float32Array.from({ length: 2 * rows * columns }, () => Math.max(0, random.normal()));
  const stored: StoredNetwork = { shapes: SHAPES, scales, biases, weights };
  return { stored, multiples, planes: { values, rows, columns, channels: 2 } };
}

it("convolutions are the sums that define them", () => {
  const { stored, multiples, planes } = drawn(4);
  const { scales, biases } = stored;
  const at = (y: number, x: number, channel: number) => planes.values[(y * COLUMNS + x) * 2 + channel] as number;
  let wanted = { at, rows: ROWS, columns: COLUMNS };
  let start = 0;
  SHAPES.forEach(([inputs, outputs, kernel, stride, dilation], layer) => {
    const { at: before, rows: height, columns: width } = wanted;
    const first = start;
    start += inputs * outputs * kernel * kernel;
    const size = { rows: Math.ceil(height / stride), columns: Math.ceil(width / stride) };
    const values = new Map<string, number>();
    for (let y = 0; y < size.rows; ++y) {
      for (let x = 0; x < size.columns; ++x) {
        for (let output = 0; output < outputs; ++output) {
          let sum = biases[layer]?.[output] as number;
          for (let tap = 0; tap < kernel * kernel; ++tap) {
            const row = y * stride + (Math.floor(tap / kernel) - (kernel >> 1)) * dilation;
            const column = x * stride + ((tap % kernel) - (kernel >> 1)) * dilation;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            for (let input = 0; input < inputs; ++input) {
              const whole = multiples[first + (tap * inputs + input) * outputs + output] as number;
              sum += whole * (scales[layer]?.[output] as number) * before(row, column, input);
            }
          }
          values.set(`${y} ${x} ${output}`, layer + 1 < SHAPES.length ? Math.max(0, sum) : sum);
        }
      }
    }
    wanted = { ...size, at: (y, x, channel) => values.get(`${y} ${x} ${channel}`) as number };
  });

  const got = new Network(stored).run(planes);
  expect([got.rows, got.columns]).toEqual([wanted.rows, wanted.columns]);
  for (let y = 0; y < got.rows; ++y) {
    for (let x = 0; x < got.columns; ++x) {
      for (let output = 0; output < 3; ++output) {
        const value = got.values[(y * got.columns + x) * got.channels + output] as number;
        expect(Math.abs(value - wanted.at(y, x, output))).toBeLessThan(1e-4 * Math.max(1, Math.abs(value)));
      }
    }
  }
});

it("the module and the scalars agree to the bit, whatever the size and in whichever order sizes come", () => {
  const { stored } = drawn(5);
  const module = moduleKernel();
  if (module === undefined) throw new Error("there is WebAssembly");
  const [fast, plain] = [new Network(stored, module), new Network(stored, scalarKernel())];
  for (const [rows, columns] of [
    [8, 4],
    [32, 40],
    [3, 5],
    [1, 1],
    [32, 700],
    [8, 4],
  ] as const) {
    const { planes } = drawn(rows + columns, rows, columns);
    expect(fast.run(planes)).toEqual(plain.run(planes));
  }
});

it("the module is what its source compiles to", () => {
  const folder = mkdtempSync(join(tmpdir(), "convolution-"));
  try {
    const file = join(folder, "convolution.wasm");
    const source = "assembly/reading/convolution.ts";
    execFileSync("node_modules/.bin/asc", [source, "--target", "convolution", "--outFile", file]);
    expect(readFileSync(file).toString("base64"), "run npm run build:convolution").toBe(CONVOLUTION_MODULE);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
