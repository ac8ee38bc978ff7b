// Workers may not compile bytes: the host compiles what is imported, before the program starts.
import packaged from "../abs.wasm";

/** The packaged module as the host compiled it. */
export function packagedModule(): WebAssembly.Module {
  return packaged;
}
