import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as browser from "../../src/entries/browser.ts";
import * as given from "../../src/entries/module.ts";
import { createClassifier, isSupported } from "../../src/entries/node.ts";

afterEach(() => vi.unstubAllGlobals());

const real = WebAssembly;
/** WebAssembly with some of its functions changed. */
const webAssembly = (changed: object): object => ({
  ...Object.fromEntries(Object.getOwnPropertyNames(real).map((name) => [name, Reflect.get(real, name)])),
  ...changed,
});
const refuse = async (): Promise<never> => {
  throw new WebAssembly.CompileError("violates the policy");
};

describe("isSupported", () => {
  it("is true here, for every entry", () => {
    expect([isSupported(), browser.isSupported(), given.isSupported()]).toEqual([true, true, true]);
  });

  it("asks about a module that every engine with SIMD takes, and none without its one instruction of it", () => {
    const validate = vi.fn(WebAssembly.validate);
    vi.stubGlobal("WebAssembly", webAssembly({ validate }));
    expect(isSupported()).toBe(true);
    const [asked] = validate.mock.lastCall as [Uint8Array];
    const scalar = Uint8Array.from(asked);
    // f32x4.splat to what has never been an instruction.
    expect(scalar.indexOf(0xfd)).toBeGreaterThan(0);
    scalar.set([0xff, 0xff], scalar.indexOf(0xfd));
    vi.unstubAllGlobals();
    expect([WebAssembly.validate(Uint8Array.from(asked)), WebAssembly.validate(scalar)]).toEqual([true, false]);
  });

  it.each<[string, unknown, string]>([
    ["no WebAssembly", undefined, "module: this host has no WebAssembly"],
    ["null in its place", null, "module: this host has no WebAssembly"],
    ["no SIMD", webAssembly({ validate: () => false }), "module: this host's WebAssembly has no SIMD"],
  ])("is false with %s, and createClassifier names the cause", async (_, stub, message) => {
    vi.stubGlobal("WebAssembly", stub);
    expect(isSupported()).toBe(false);
    await expect(createClassifier()).rejects.toThrow(message);
  });

  it("trusts hosts that validate nothing", () => {
    vi.stubGlobal("WebAssembly", webAssembly({ validate: undefined }));
    expect(isSupported()).toBe(true);
  });
});

describe("createClassifier", () => {
  it("tells a host that compiles nothing from a module that is broken", async () => {
    class Module {
      constructor() {
        throw new WebAssembly.CompileError("violates the policy");
      }
      static exports = WebAssembly.Module.exports;
    }
    vi.stubGlobal("WebAssembly", webAssembly({ compile: refuse, Module }));
    await expect(createClassifier()).rejects.toThrow(
      /^module: this host forbids compiling WebAssembly: .*'wasm-unsafe-eval' in script-src.*: violates the policy$/,
    );
    vi.stubGlobal("WebAssembly", webAssembly({ compile: refuse }));
    await expect(createClassifier()).rejects.toThrow(
      "module: this host cannot compile what was given: violates the policy",
    );
  });

  it("says so where there is no fetch", async () => {
    vi.stubGlobal("fetch", undefined);
    const module = new URL("http://localhost/abs.wasm");
    await expect(createClassifier({ module })).rejects.toThrow(
      "module: http://localhost/abs.wasm cannot be read: fetch is not",
    );
  });

  it("knows addresses that are only a path, as Turbopack gives them in pages, by where the page is", async () => {
    class RelativeURL {
      readonly [Symbol.toStringTag] = "URL";
      toString = (): string => "/static/abs.wasm";
    }
    const module = new RelativeURL() as never;
    await expect(createClassifier({ module })).rejects.toThrow("module: /static/abs.wasm cannot be read: Invalid URL");
    vi.stubGlobal("location", { href: "https://localhost/app/page?x" });
    const fetched = vi.fn<(url: URL) => Promise<Response>>(async () => new Response("", { status: 404 }));
    vi.stubGlobal("fetch", fetched);
    await expect(createClassifier({ module })).rejects.toThrow("module: /static/abs.wasm answered 404");
    expect(String(fetched.mock.lastCall?.[0])).toBe("https://localhost/static/abs.wasm");
  });

  it("names address, status, content type and first bytes of what came in the module's place", async () => {
    const server = createServer((request, response) => {
      if (request.url === "/moved.wasm") return response.writeHead(302, { location: "/app" }).end();
      const isAbsent = request.url === "/absent.wasm";
      response.writeHead(isAbsent ? 404 : 200, { "content-type": "text/html" });
      return response.end("\n<!doctype html><title>App</title>");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (const [path, end] of [
        ["abs.wasm", "abs.wasm"],
        ["moved.wasm", "app"],
      ]) {
        await expect(createClassifier({ module: new URL(`${base}/${path}`) })).rejects.toThrow(
          `module: ${base}/${end} is no WebAssembly but 34 bytes that begin with "\\u000a<!doctype html><title>A" (200 OK, "text/html"); a page came in place of abs.wasm`,
        );
      }
      await expect(createClassifier({ module: new URL(`${base}/absent.wasm`) })).rejects.toThrow(
        `module: ${base}/absent.wasm answered 404 Not Found, "text/html"`,
      );
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
