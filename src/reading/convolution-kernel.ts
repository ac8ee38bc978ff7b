import { CONVOLUTION_MODULE } from "./convolution-module.ts";

/** One layer on planes in a kernel's memory. All places and lengths are in floats. */
export interface Step {
  /** The input's first value. It has room on all sides for the kernel to reach over, so that its first pixel is under the first tap. */
  readonly from: number;
  /** From row to row of the input. */
  readonly fromRow: number;
  readonly inputs: number;
  /** The side of the layer's kernel in pixels. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** For each eight outputs their biases, then their weights by row and column of the kernel and by input. */
  readonly parameters: number;
  /** Where the first output goes. */
  readonly to: number;
  /** From row to row of the output. */
  readonly toRow: number;
  /** A multiple of eight. */
  readonly outputs: number;
  /** Rows and columns of the output. */
  readonly height: number;
  readonly width: number;
  /** Whether negative values become 0. */
  readonly rectified: boolean;
}

/** What computes layers in a memory of its own, in single precision, to the same bits whichever it is. */
export interface Kernel {
  /** The memory, at least so many floats long; what is in it stays, what is new is 0. */
  reserve(length: number): Float32Array;
  convolve(step: Step): void;
}

/** Floats of a page of WebAssembly's memory. */
const PAGE = 16_384;

interface ConvolutionExports {
  readonly memory: WebAssembly.Memory;
  readonly convolve: (...numbers: number[]) => void;
}

let compiled: WebAssembly.Module | null | undefined;

/** The kernel as a module, four values at a time; undefined where modules may not be compiled of bytes, as on some edges. */
export function moduleKernel(): Kernel | undefined {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.from(atob(CONVOLUTION_MODULE), (one) => one.charCodeAt(0)));
    } catch {
      compiled = null;
    }
  }
  if (compiled === null) return undefined;
  // The cast names the exports of a module that comes with this file.
  const { memory, convolve } = new WebAssembly.Instance(compiled).exports as unknown as ConvolutionExports;
  return {
    reserve(length) {
      const missing = Math.ceil(length / PAGE) - memory.buffer.byteLength / 4 / PAGE;
      if (missing > 0) memory.grow(missing);
      return new Float32Array(memory.buffer);
    },
    convolve: ({ from, fromRow, inputs, kernel, stride, dilation, parameters, to, toRow, outputs, ...size }) =>
      convolve(
        from,
        fromRow,
        inputs,
        kernel,
        stride,
        dilation,
        parameters,
        to,
        toRow,
        outputs,
        size.height,
        size.width,
        size.rectified ? 1 : 0,
      ),
  };
}

const EIGHT = 8;
const { fround } = Math;

/** The kernel in scalars: the sums that define a convolution, in the order of the module's. */
export function scalarKernel(): Kernel {
  let memory = new Float32Array(PAGE);
  return {
    reserve(length) {
      if (length > memory.length) {
        const before = memory;
        memory = new Float32Array(PAGE * Math.ceil(length / PAGE));
        memory.set(before);
      }
      return memory;
    },
    convolve: (step) => convolveScalars(memory, step),
  };
}

function convolveScalars(
  memory: Float32Array,
  { from, fromRow, inputs, kernel, stride, dilation, parameters, to, toRow, outputs, height, width, rectified }: Step,
): void {
  const sums = new Float32Array(EIGHT);
  for (let first = 0; first < outputs; first += EIGHT) {
    const biases = parameters + first * (1 + kernel * kernel * inputs);
    for (let row = 0; row < height; ++row) {
      for (let column = 0; column < width; ++column) {
        sums.set(memory.subarray(biases, biases + EIGHT));
        let weight = biases + EIGHT;
        for (let down = 0; down < kernel; ++down) {
          for (let across = 0; across < kernel; ++across) {
            const at =
              from + (row * stride + down * dilation) * fromRow + (column * stride + across * dilation) * inputs;
            for (let input = 0; input < inputs; ++input, weight += EIGHT) {
              const value = memory[at + input] as number;
              // Adding nothing changes no bit, and half of all values are 0.
              if (value === 0) continue;
              for (let output = 0; output < EIGHT; ++output) {
                sums[output] = fround((sums[output] as number) + fround(value * (memory[weight + output] as number)));
              }
            }
          }
        }
        const target = to + row * toRow + column * outputs + first;
        for (let output = 0; output < EIGHT; ++output) {
          const sum = sums[output] as number;
          memory[target + output] = rectified && sum < 0 ? 0 : sum;
        }
      }
    }
  }
}
