/** What the debug build of the module found; `message` says all of it. */
export class OutOfBoundsError extends Error {
  override name = "OutOfBoundsError";
}

/** The imports that a module of the debug build wants, and none for any other. */
export function debugImports(module: WebAssembly.Module): WebAssembly.Imports {
  const [section] = WebAssembly.Module.customSections(module, "sites");
  if (section === undefined) return {};
  const sites = JSON.parse(new TextDecoder().decode(section)) as string[];
  return {
    memory: {
      outOfBounds(address: number, bytes: number, site: number, start: number, end: number, owner: number): never {
        const [at, from, to] = [address >>> 0, start >>> 0, end >>> 0];
        const reservedBy = sites[owner]?.replace(/: (buffer)?$/, "");
        throw new OutOfBoundsError(
          `${sites[site]} of ${bytes >>> 0} bytes at ${at} ${
            to === 0
              ? "where there is no buffer"
              : `is ${placeOf(at, from, to)} the ${to - from} bytes of ${reservedBy}`
          }`,
        );
      },
    },
  };
}

function placeOf(address: number, start: number, end: number): string {
  if (address < start) return `${start - address} bytes before`;
  return address < end ? `${address - start} bytes into and goes beyond` : `${address - end} bytes after`;
}

/**
 * Instantiates without asking whether a module wants these imports: it receives them where it does. Who asks what a module
 * imports does not hear of them.
 */
export function provideDebugImports(): void {
  const { Instance, instantiate, compile } = WebAssembly;
  const { imports: importsOf } = WebAssembly.Module;
  WebAssembly.Module.imports = (module) => {
    const isDebugBuild = WebAssembly.Module.customSections(module, "sites").length > 0;
    return importsOf(module).filter(({ name }) => !(isDebugBuild && name === "outOfBounds"));
  };
  const withImports = (module: WebAssembly.Module, imports: WebAssembly.Imports = {}): WebAssembly.Imports => ({
    ...imports,
    ...debugImports(module),
  });
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, [module, imports]: [WebAssembly.Module, WebAssembly.Imports?]) =>
      new target(module, withImports(module, imports)),
  });
  const instantiateAny = async (source: BufferSource | WebAssembly.Module, imports?: WebAssembly.Imports) => {
    if (source instanceof WebAssembly.Module) return instantiate(source, withImports(source, imports));
    const module = await compile(source);
    return { module, instance: await instantiate(module, withImports(module, imports)) };
  };
  WebAssembly.instantiate = instantiateAny as typeof WebAssembly.instantiate;
}
