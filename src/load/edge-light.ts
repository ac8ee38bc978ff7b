// As in workerd, with the suffix by which this host's bundlers know a module.
import packaged from "../abs.wasm?module";

/** The packaged module as the host compiled it. */
export function packagedModule(): WebAssembly.Module {
  return packaged;
}
