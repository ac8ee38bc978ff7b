import { readFileSync } from "node:fs";
import { createContext, Script } from "node:vm";
import { beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { instantiate, type ModuleSource } from "../../src/load/instantiate.ts";
import { detached } from "../support/odd-values.ts";
import { randomImage } from "../support/random-model.ts";

const file = new URL("../../dist/abs.wasm", import.meta.url);
const wasm = readFileSync(file);
/** The beginning of any module, and sections of one that exports nothing or wants something. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const IMPORTING = Uint8Array.of(...EMPTY, 1, 4, 1, 0x60, 0, 0, 2, 9, 1, 3, 101, 110, 118, 1, 102, 0, 0);
/** Exports `load` and the memory as ours does, but a `load` without parameters. */
const OTHER_LOAD = Uint8Array.of(
  ...EMPTY,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 8, 1, 4, 108, 111, 97, 100, 0, 0],
  ...[10, 4, 1, 2, 0, 0x0b],
);
const image = randomImage(1);
let expected: unknown;

beforeAll(async () => {
  expected = (await createClassifier()).classify(image);
});

describe("the option module", () => {
  it.each<[string, () => unknown]>([
    ["a file: URL", () => file],
    ["a promise of one", () => Promise.resolve(file)],
    ["a DataView", () => new DataView(wasm.buffer, wasm.byteOffset, wasm.byteLength)],
    ["a view that begins inside its buffer", () => Buffer.concat([Uint8Array.of(1, 2, 3), wasm]).subarray(3)],
    [
      "bytes that threads share",
      () => {
        const shared = new Uint8Array(new SharedArrayBuffer(wasm.length));
        shared.set(wasm);
        return shared;
      },
    ],
    [
      "another realm's buffer",
      () => {
        const realm = createContext({ bytes: Array.from(wasm) });
        return new Script("new Uint8Array(bytes).buffer").runInContext(realm);
      },
    ],
    [
      "another realm's module",
      () => {
        const realm = createContext({ bytes: wasm });
        const module: unknown = new Script("new WebAssembly.Module(bytes)").runInContext(realm);
        expect(module).not.toBeInstanceOf(WebAssembly.Module);
        return module;
      },
    ],
    [
      "a Response of another class",
      () => {
        class Response {
          readonly ok = true;
          readonly status = 200;
          readonly url = "";
          readonly [Symbol.toStringTag] = "Response";
          async arrayBuffer(): Promise<ArrayBuffer> {
            return Uint8Array.from(wasm).buffer;
          }
        }
        return new Response();
      },
    ],
  ])("may be %s", async (_, module) => {
    const other = await createClassifier({ module: module() as never });
    expect(other.classify(image)).toEqual(expected);
  });

  it.each<[string, () => unknown, string]>([
    [
      "HTML",
      () => new Response("<!doctype html><title>Not here</title>"),
      'module: the Response is no WebAssembly but 38 bytes that begin with "<!doctype html><title>No" (200, "text/plain;charset=UTF-8"); a page came in place of abs.wasm, which analysis-by-synthesis/inline has inside',
    ],
    [
      "HTML from a URL",
      () => new URL("data:text/html,<p>\u001b[31mno"),
      "module: data:text/html,<p>%1B[31mno is no WebAssembly but",
    ],
    ["an empty file", () => new Uint8Array(), "module: what was given is no WebAssembly but 0 bytes"],
    ["text", () => new TextEncoder().encode("(module)"), 'is no WebAssembly but 8 bytes that begin with "(module)"'],
    ["a module that is cut off", () => wasm.subarray(0, 1000), "module: this host cannot compile what was given: "],
    [
      "a module that exports nothing",
      () => EMPTY,
      'module: what was given is not this release\'s abs.wasm: it exports no function "frozenBundle" of 0 parameters',
    ],
    ["a module that exports something else", () => OTHER_LOAD, "it exports no function"],
    [
      "a module that imports",
      () => IMPORTING,
      'module: what was given is not this release\'s abs.wasm: it imports "env.f"',
    ],
    [
      "an answer that is an error",
      () => new Response("", { status: 503, statusText: "Busy" }),
      'module: the Response answered 503 Busy, "text/plain;charset=UTF-8"',
    ],
    [
      "a Response that was read",
      async () => {
        const response = new Response(wasm);
        await response.arrayBuffer();
        return response;
      },
      "module: the Response cannot be read: ",
    ],
    ["a file that is not there", () => new URL("absent.wasm", file), "absent.wasm cannot be read: ENOENT"],
    [
      "a scheme that nobody fetches",
      () => new URL("nonsense://x/abs.wasm"),
      "module: nonsense://x/abs.wasm cannot be read: fetch failed: unknown scheme",
    ],
    ["bytes that have gone", () => detached(Uint8Array.from(wasm)), "module: got a detached Uint8Array"],
    [
      "what says that it is a module",
      () => ({ [Symbol.toStringTag]: "WebAssembly.Module" }),
      "module: got an object, wanted a WebAssembly.Module",
    ],
    [
      "a path",
      () => "dist/abs.wasm",
      "module: got a string, wanted a WebAssembly.Module, its bytes, a URL or a Response",
    ],
  ])("may not be %s, and the message says so", async (_, module, message) => {
    await expect(createClassifier({ module: (await module()) as never })).rejects.toThrow(message);
  });

  it("is fetched where the host has no reader of files of its own", async () => {
    // Deno's and Bun's fetch read them; Node's does not.
    await expect(instantiate(file as ModuleSource)).rejects.toThrow(/^module: file:.* cannot be read: fetch failed/);
  });
});
