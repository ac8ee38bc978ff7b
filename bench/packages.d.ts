// What the benches use of the packages that bench/package.json lists. They are installed on first use only, so their own
// declarations may be missing when types are checked.

declare module "onnxruntime-node" {
  export { InferenceSession, Tensor } from "onnxruntime-web";
}

declare module "@tensorflow/tfjs-core" {
  export interface Tensor {
    readonly shape: number[];
    dataSync(): Float32Array;
    dispose(): void;
  }
  interface FusedBatchMatMul {
    a: Tensor;
    b: Tensor;
    bias: Tensor;
    activation: "elu" | "sigmoid";
  }
  interface FusedConvolution {
    x: Tensor;
    filter: Tensor;
    strides: number;
    pad: "same" | "valid";
    bias: Tensor;
    activation: "elu" | "sigmoid";
  }
  export const fused: {
    matMul(operation: FusedBatchMatMul): Tensor;
    conv2d(operation: FusedConvolution): Tensor;
  };
  export function setBackend(name: string): Promise<boolean>;
  export function ready(): Promise<void>;
  export function env(): { getAsync(flag: string): Promise<boolean | number> };
  export function tidy<Result>(run: () => Result): Result;
  export function keep(tensor: Tensor): Tensor;
  export function tensor(values: Float32Array, shape: number[]): Tensor;
  export function reshape(tensor: Tensor, shape: number[]): Tensor;
  export function transpose(tensor: Tensor, axes: number[]): Tensor;
  export function matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  export function conv2d(x: Tensor, filter: Tensor, strides: number, pad: "same" | "valid"): Tensor;
  export function conv2dTranspose(
    x: Tensor,
    filter: Tensor,
    outputShape: number[],
    strides: number,
    pad: "same" | "valid",
  ): Tensor;
  export function depthToSpace(x: Tensor, blockSize: number, format: "NHWC"): Tensor;
  export function elu(x: Tensor): Tensor;
  export function sigmoid(x: Tensor): Tensor;
  export function square(x: Tensor): Tensor;
  export function sum(x: Tensor): Tensor;
  export function add(a: Tensor, b: Tensor | number): Tensor;
  export function sub(a: Tensor | number, b: Tensor): Tensor;
  export function mul(a: Tensor, b: Tensor | number): Tensor;
  export function minimum(a: Tensor, b: number): Tensor;
}

declare module "@tensorflow/tfjs-backend-wasm" {
  export function setThreadsCount(count: number): void;
}

declare module "vega" {
  export type Spec = object;
  export type Runtime = object;
  export function parse(spec: Spec): Runtime;
  export class View {
    constructor(runtime: Runtime, options: { renderer: "none" });
    toSVG(): Promise<string>;
    finalize(): void;
  }
}

declare module "vega-lite" {
  export function compile(spec: object): { spec: object };
}
