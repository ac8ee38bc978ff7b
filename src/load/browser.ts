/** Where the packaged module lies, beside the built library; bundlers know this form and bring the file along. */
export function packagedModule(): URL {
  return new URL("../abs.wasm", import.meta.url);
}
