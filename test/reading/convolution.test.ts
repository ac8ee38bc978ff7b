import { expect, it } from "vitest";
import { Random } from "../../src/random.ts";
import { convolveAll, type Shape, unpack } from "../../src/reading/convolution.ts";

/** A network of random weights, and what its definition makes of an image: one sum for each output. */
it("convolutions are the sums that define them", () => {
  const random = new Random(4);
  const shapes: readonly Shape[] = [
    [1, 8, 5, 2, 1],
    [8, 16, 3, 1, 2],
    [16, 3, 1, 1, 1],
  ];
  const count = shapes.reduce((sum, [inputs, outputs, kernel]) => sum + inputs * outputs * kernel * kernel, 0);
  const bytes = Int8Array.from({ length: count }, () => random.below(255) - 127);
  const scales = shapes.map(([, outputs]) => Array.from({ length: outputs }, () => 0.01 * random.uniform()));
  const biases = shapes.map(([, outputs]) => Array.from({ length: outputs }, () => random.normal()));
  const weights = btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
  const [rows, columns] = [8, 12];
  const image = Float64Array.from({ length: rows * columns }, () => Math.max(0, random.normal()));

  let wanted = { at: (y: number, x: number, _channel: number) => image[y * columns + x] as number, rows, columns };
  let start = 0;
  shapes.forEach(([inputs, outputs, kernel, stride, dilation], layer) => {
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
              const whole = bytes[first + (tap * inputs + input) * outputs + output] as number;
              sum += whole * (scales[layer]?.[output] as number) * before(row, column, input);
            }
          }
          values.set(`${y} ${x} ${output}`, layer + 1 < shapes.length ? Math.max(0, sum) : sum);
        }
      }
    }
    wanted = { ...size, at: (y, x, channel) => values.get(`${y} ${x} ${channel}`) as number };
  });

  const got = convolveAll(unpack({ shapes, scales, biases, weights }), { values: image, rows, columns });
  expect([got.rows, got.columns]).toEqual([wanted.rows, wanted.columns]);
  const outputs = got.values.length / (got.rows * got.columns);
  for (let y = 0; y < got.rows; ++y) {
    for (let x = 0; x < got.columns; ++x) {
      for (let output = 0; output < 3; ++output) {
        expect(got.values[(y * got.columns + x) * outputs + output]).toBeCloseTo(wanted.at(y, x, output), 9);
      }
    }
  }
});
