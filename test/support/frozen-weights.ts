import { crc32 } from "node:zlib";

// The weights that are frozen into the module lie in its memory, where a fault could overwrite them.

interface Exports {
  readonly memory: WebAssembly.Memory;
  frozenBundle(): number;
  frozenBundleLength(): number;
}

interface Alive {
  readonly instance: WeakRef<WebAssembly.Instance>;
  readonly checksum: number;
}

/** Instances that may still be there. */
let alive: Alive[] = [];
/** What has been looked at, all in all. */
let looked = 0;
let isWatching = false;

/** Of an instance's frozen weights; undefined for what has none, or is another module. */
function checksumOf({ exports }: WebAssembly.Instance): number | undefined {
  const { memory, frozenBundle, frozenBundleLength } = exports as unknown as Partial<Exports>;
  if (memory === undefined || frozenBundle === undefined || frozenBundleLength === undefined) return undefined;
  const length = frozenBundleLength() >>> 0;
  return length === 0 ? undefined : crc32(new Uint8Array(memory.buffer, frozenBundle() >>> 0, length));
}

/** Remembers an instance without keeping it alive. */
export function remembered(instance: WebAssembly.Instance): WebAssembly.Instance {
  const checksum = checksumOf(instance);
  if (checksum !== undefined) alive.push({ instance: new WeakRef(instance), checksum });
  return instance;
}

/** Remembers every instance that is made from now on. */
export function watchFrozenWeights(): void {
  if (isWatching) return;
  isWatching = true;
  const { Instance, instantiate } = WebAssembly;
  WebAssembly.Instance = new Proxy(Instance, {
    construct: (target, words) => remembered(Reflect.construct(target, words) as WebAssembly.Instance),
  });
  WebAssembly.instantiate = (async (source: WebAssembly.Module, imports?: WebAssembly.Imports) => {
    const made = (await instantiate(source, imports)) as unknown as
      | WebAssembly.Instance
      | WebAssembly.WebAssemblyInstantiatedSource;
    remembered("instance" in made ? made.instance : made);
    return made;
  }) as unknown as typeof WebAssembly.instantiate;
}

/**
 * Looks at the frozen weights of all instances that are still there.
 *
 * @returns how many instances were looked at since the beginning
 * @throws {Error} where they are not what they were when it was made
 */
export function checkFrozenWeights(): number {
  const kept: Alive[] = [];
  for (const one of alive) {
    const instance = one.instance.deref();
    if (instance === undefined) continue;
    ++looked;
    const checksum = checksumOf(instance);
    if (checksum !== one.checksum) {
      throw new Error(`the frozen weights have been overwritten: their checksum was ${one.checksum}, is ${checksum}`);
    }
    kept.push(one);
  }
  alive = kept;
  return looked;
}
