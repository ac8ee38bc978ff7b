const MAGIC_BYTES = 8;
const MEMORY_SECTION = 5;

/** An unsigned number in LEB128, and the place after it. */
function readNumber(bytes: Uint8Array, at: number): { value: number; end: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] as number;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return { value, end: at };
  }
}

function writeNumber(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...writeNumber(value >>> 7)];
}

/** Where a module's memory section begins, its contents and what follows. */
function memorySection(module: Uint8Array): { start: number; contents: number; end: number } {
  for (let start = MAGIC_BYTES; start < module.length; ) {
    const { value: length, end: contents } = readNumber(module, start + 1);
    if (module[start] === MEMORY_SECTION) return { start, contents, end: contents + length };
    start = contents + length;
  }
  throw new Error("the module has no memory of its own");
}

/** Pages that a module's only memory starts with. */
export function initialPages(module: Uint8Array): number {
  return readNumber(module, memorySection(module).contents + 2).value;
}

/** The module with at most `pages` pages of 64 KiB in its only memory. */
export function withMemoryLimit(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const { start, end } = memorySection(module);
  // One memory, with a limit.
  const contents = [1, 1, ...writeNumber(initialPages(module)), ...writeNumber(pages)];
  const section = [MEMORY_SECTION, ...writeNumber(contents.length), ...contents];
  const limited = new Uint8Array(start + section.length + module.length - end);
  limited.set(module.subarray(0, start));
  limited.set(section, start);
  limited.set(module.subarray(end), start + section.length);
  return limited;
}
