/** What a caller may pass as the module. */
export type ModuleSource = WebAssembly.Module | BufferSource | URL | Response;

const WANTED = "a WebAssembly.Module, its bytes, a URL or a Response";

/**
 * Instantiates a module given in any form; it imports nothing.
 *
 * @throws {TypeError} when `source` is none of them
 * @throws {Error} when a URL or Response cannot be read
 * @throws {WebAssembly.CompileError} when the bytes are no WebAssembly module that this host runs
 */
export async function instantiate(source: ModuleSource): Promise<WebAssembly.Instance> {
  if (isModule(source)) return await WebAssembly.instantiate(source, {});
  const bytes = isBytes(source) ? source : await download(source);
  const { instance } = await WebAssembly.instantiate(bytes, {});
  return instance;
}

// Guards of their own: to the type checker every object has the shape of a WebAssembly.Module.
function isModule(source: unknown): source is WebAssembly.Module {
  return source instanceof WebAssembly.Module;
}

function isBytes(source: unknown): source is BufferSource {
  return source instanceof ArrayBuffer || ArrayBuffer.isView(source);
}

async function download(source: unknown): Promise<ArrayBuffer> {
  const response = source instanceof URL ? await fetch(source) : source;
  if (!(response instanceof Response)) throw new TypeError(`module: got ${typeof source}, wanted ${WANTED}`);
  if (!response.ok) throw new Error(`module: ${response.url} answered ${response.status} ${response.statusText}`);
  return await response.arrayBuffer();
}
