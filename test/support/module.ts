import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { Engine } from "../../src/engine.ts";
import { writeBundle } from "../../src/weights/bundle.ts";
import type { Model } from "../../src/weights/model.ts";
import type { Variant } from "../../src/weights/variants.ts";

const moduleFile = new URL("../../dist/abs.wasm", import.meta.url);

/** A fresh instance of the built module, by AssemblyScript's own loader. */
export function instantiateModule(): WebAssembly.Instance {
  return instantiateSync(readFileSync(moduleFile), {}).instance;
}

/** An engine with the given model loaded, or the frozen one, in one of its variants. */
export function engineFor(model?: Model, variant?: Variant): Engine {
  return new Engine(instantiateModule(), model && writeBundle(model), variant);
}
