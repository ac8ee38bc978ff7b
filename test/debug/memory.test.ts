import { readFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { debugImports } from "../support/out-of-bounds.ts";

// The debug build's checks (assembly/debug/memory.ts, scripts/check-memory.mjs), in a module made for this.

type Access = (address: number) => unknown;

interface TestModule extends Record<string, Access | unknown> {
  memory: WebAssembly.Memory;
  start(): void;
  statics(index: number): number;
  reserveBytes(bytes: number): number;
  markTop(): number;
  releaseTo(address: number): void;
  fill(address: number, bytes: number): void;
  copy(target: number, source: number, bytes: number): void;
}

const file = new URL("../../build/out-of-bounds.wasm", import.meta.url);
/** By the function that makes it: how many bytes an access touches, from which byte on, and what it is called. */
const ACCESSES: [name: string, bytes: number, offset: number, kind: string][] = [
  ["load8", 1, 0, "load"],
  ["load16", 2, 0, "load"],
  ["load32", 4, 0, "load"],
  ["load64", 8, 0, "load"],
  ["load128", 16, 0, "load"],
  ["loadAt8", 4, 8, "load"],
  ["loadSplat", 4, 0, "load"],
  ["loadExtended", 8, 0, "load"],
  ["loadZero", 8, 0, "load"],
  ["loadLane", 2, 0, "load of a lane"],
  ["store8", 1, 0, "store"],
  ["store32", 4, 0, "store"],
  ["store128", 16, 0, "store"],
  ["storeLane", 8, 0, "store of a lane"],
];
/** Not a multiple of a block's 64 bytes, so that the end lies inside one. */
const BYTES = 200;

let compiled: WebAssembly.Module;
let tested: TestModule;
let buffer: number;

beforeAll(async () => {
  const { error, stderr } = await asc.main([
    ...["test/assembly/out-of-bounds.ts", "--config", "asconfig.json", "--target", "debug"],
    ...["--outFile", "build/out-of-bounds.wasm", "--transform", "./scripts/check-memory.mjs"],
  ]);
  if (error) throw new Error(stderr.toString(), { cause: error });
  compiled = await WebAssembly.compile(readFileSync(file));
});

beforeEach(async () => {
  const instance = await WebAssembly.instantiate(compiled, debugImports(compiled));
  tested = instance.exports as unknown as TestModule;
  tested.start();
  buffer = tested.reserveBytes(BYTES);
});

function access(name: string): Access {
  return tested[name] as Access;
}

describe.each(ACCESSES)("%s", (name, bytes, offset, kind) => {
  it("reaches from the first byte to the last", () => {
    for (const place of [0, 64 - bytes, 64 - Math.ceil(bytes / 2), 64, BYTES - bytes]) {
      expect(() => access(name)(buffer + place - offset)).not.toThrow();
    }
  });

  it("is stopped one byte before the buffer and one byte after it", () => {
    const text = `test/assembly/out-of-bounds/${name}: ${kind} of ${bytes} bytes at`;
    expect(() => access(name)(buffer - 1 - offset)).toThrow(
      `${text} ${buffer - 1} is 1 bytes before the ${BYTES} bytes of test/assembly/out-of-bounds/reserveBytes`,
    );
    const last = buffer + BYTES - bytes + 1;
    const place = bytes === 1 ? "0 bytes after" : `${BYTES - bytes + 1} bytes into and goes beyond`;
    expect(() => access(name)(last - offset)).toThrow(`${text} ${last} is ${place} the ${BYTES} bytes of`);
  });

  it("is stopped between two pieces of static data and where nothing lies", () => {
    const [first, second] = [tested.statics(0), tested.statics(1)];
    expect(second).toBe(first + 16);
    expect(() => access(name)(first - offset)).not.toThrow();
    if (bytes > 1) {
      expect(() => access(name)(second - 1 - offset)).toThrow(
        "15 bytes into and goes beyond the 16 bytes of static data",
      );
    }
    expect(() => access(name)(second - offset)).not.toThrow();
    expect(() => access(name)(second + 20 - offset)).toThrow(
      `${second + 20} is 0 bytes after the 20 bytes of static data`,
    );
    expect(() => access(name)(-offset)).toThrow(`${kind} of ${bytes} bytes at 0 is`);
    expect(() => access(name)(tested.memory.buffer.byteLength - offset)).toThrow();
  });
});

describe("ranges", () => {
  it("may be as long as the buffer, and empty anywhere", () => {
    const other = tested.reserveBytes(BYTES);
    expect(() => tested.fill(buffer, BYTES)).not.toThrow();
    expect(() => tested.copy(other, buffer, BYTES)).not.toThrow();
    expect([...new Uint8Array(tested.memory.buffer, other, BYTES)]).toEqual(Array(BYTES).fill(1));
    expect(() => tested.fill(0, 0)).not.toThrow();
    expect(() => tested.copy(0, 0, 0)).not.toThrow();
  });

  it("are stopped where they go beyond, and leave the memory as it was", () => {
    const other = tested.reserveBytes(4 * BYTES);
    expect(() => tested.fill(buffer, BYTES + 1)).toThrow(`fill of ${BYTES + 1} bytes at ${buffer} is 0 bytes into`);
    expect(() => tested.copy(buffer, other, BYTES + 1)).toThrow("copy, target of");
    expect(() => tested.copy(other, buffer, BYTES + 1)).toThrow("copy, source of");
    expect([...new Uint8Array(tested.memory.buffer, buffer, BYTES)]).toEqual(Array(BYTES).fill(0));
  });
});

describe("released buffers", () => {
  it("are forgotten, and those below are not", () => {
    const top = tested.markTop();
    const scratch = tested.reserveBytes(64);
    expect(() => access("load8")(scratch)).not.toThrow();
    tested.releaseTo(top);
    expect(() => access("load8")(scratch)).toThrow("bytes after the 200 bytes of");
    expect(() => access("load8")(buffer + BYTES - 1)).not.toThrow();
  });

  it("keep what lies below the address", () => {
    tested.releaseTo(buffer + 100);
    expect(() => access("load32")(buffer + 96)).not.toThrow();
    expect(() => access("load32")(buffer + 97)).toThrow("97 bytes into and goes beyond the 100 bytes of");
  });

  it("give room to new ones, which start out zeroed", () => {
    tested.fill(buffer, BYTES);
    tested.start();
    const again = tested.reserveBytes(10);
    expect(again).toBe(buffer);
    expect(access("load64")(again)).toBe(0);
    expect(() => access("load64")(again + 3)).toThrow("3 bytes into and goes beyond the 10 bytes of");
  });
});
