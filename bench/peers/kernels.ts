import { mkdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import asc from "assemblyscript/asc";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import type { Model } from "../../src/weights/model.ts";

/** What bench/assembly/kernels.ts exports beside the module's own. */
export interface KernelExports {
  memory: WebAssembly.Memory;
  runPeak(passes: number): number;
  runForward(layer: number, classIndex: number, times: number): void;
  runGradient(layer: number, classIndex: number, times: number): void;
  algorithm(layer: number): number;
  runProposals(times: number): void;
  runSurrogate(classIndex: number, gradient: number, times: number): void;
  foretold(): number;
  foretoldGradients(): number;
  gradients(): number;
  gradientAddress(): number;
  dropStarts(): void;
  reserveCutSamples(count: number): number;
  fillCutSamples(classIndex: number): void;
  searchCut(updates: number, stepSize: number): number;
}

/** Compiles the entry with the options of the shipped module. */
export async function compileKernels(): Promise<Uint8Array<ArrayBuffer>> {
  const root = new URL("../../", import.meta.url);
  const { options } = JSON.parse(readFileSync(new URL("asconfig.json", root), "utf8")) as {
    options: Record<string, boolean | number | string | string[]>;
  };
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [value].flat().flatMap((one) => [`--${name}`, String(one)]),
  );
  mkdirSync(new URL("build/", root), { recursive: true });
  // Warning 112, that not every host can exchange vectors (v128), is off wherever the module is compiled: the compiler gives
  // it for every function that one source file exports to another, and of those with vectors none leaves the module.
  const { error, stderr } = await asc.main(
    [
      ...["bench/assembly/kernels.ts", "--config", "none", "--outFile", "build/kernels.wasm"],
      ...["--baseDir", fileURLToPath(root), "--disableWarning", "112", ...flags],
    ],
    { stdout: process.stderr },
  );
  if (error) throw new Error(`bench/assembly/kernels.ts: ${stderr?.toString() ?? error.message}`, { cause: error });
  return readFileSync(new URL("build/kernels.wasm", root));
}

/** An engine over those bytes with a model loaded, and the kernels of the same instance. */
export function kernelsWith(bytes: Uint8Array<ArrayBuffer>, model: Model): { engine: Engine; kernels: KernelExports } {
  const { instance } = instantiateSync(bytes, {});
  const engine = new Engine(instance, writeBundle(model));
  return { engine, kernels: instance.exports as unknown as KernelExports };
}
