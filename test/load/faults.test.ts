import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { Random } from "../../src/random.ts";
import { randomImage } from "../support/random-model.ts";

// What goes wrong between a module and its classifier, and that the next one is as if nothing had.

const wasm = readFileSync(new URL("../../dist/abs.wasm", import.meta.url));
const image = randomImage(1);
const expected = (await createClassifier()).classify(image);

async function expectGood(): Promise<void> {
  expect((await createClassifier()).classify(image)).toEqual(expected);
}

afterEach(() => vi.restoreAllMocks());

/** Where the module's sections end, the last one excepted. */
function sectionEnds(): number[] {
  const ends: number[] = [];
  for (let at = 8; at < wasm.length; ) {
    let length = 0;
    let shift = 0;
    let place = at + 1;
    for (let byte = 0x80; byte >= 0x80; shift += 7) {
      byte = wasm[place++] as number;
      length += (byte & 0x7f) * 2 ** shift;
    }
    at = place + length;
    ends.push(at);
  }
  return ends.slice(0, -1);
}

describe("a module that came in part", () => {
  it("is refused wherever it ends, also between its sections", async () => {
    const random = new Random(7);
    const lengths = [0, 1, 4, 7, 8, ...sectionEnds(), wasm.length - 1];
    while (lengths.length < 120) lengths.push(random.below(wasm.length));
    for (const length of lengths) {
      await expect(createClassifier({ module: wasm.subarray(0, length) }), `${length} bytes`).rejects.toThrow(
        /^module: what was given is (no WebAssembly but \d bytes|not this release's abs\.wasm)|^module: this host cannot compile what was given/,
      );
    }
    await expectGood();
  });

  it.each<[string, RequestListener, RegExp]>([
    [
      "breaks off before its length",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/wasm", "content-length": wasm.length });
        response.write(wasm.subarray(0, 300_000), () => setTimeout(() => response.destroy(), 20));
      },
      /^module: http.*\/abs\.wasm cannot be read: /,
    ],
    [
      "breaks off in chunks",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/wasm" });
        response.write(wasm.subarray(0, 300_000), () => setTimeout(() => response.destroy(), 20));
      },
      /^module: http.*\/abs\.wasm cannot be read: /,
    ],
    [
      "ends early without a word",
      (_, response) => response.end(wasm.subarray(0, 300_000)),
      /^module: this host cannot compile http.*\/abs\.wasm: /,
    ],
    ["never comes", (_, response) => response.destroy(), /^module: http.*\/abs\.wasm cannot be read: fetch failed/],
  ])("over HTTP %s: the address is named, and the next download serves", async (_, broken, message) => {
    let isBroken = true;
    const server = createServer((request, response) => {
      if (isBroken) broken(request, response);
      else response.setHeader("content-type", "application/wasm").end(wasm);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    try {
      const module = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/abs.wasm`);
      await expect(createClassifier({ module })).rejects.toThrow(message);
      isBroken = false;
      expect((await createClassifier({ module })).classify(image)).toEqual(expected);
    } finally {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  });
});

describe("a module of another version", () => {
  it("is refused for every function that it has not, by name", async () => {
    const functions = WebAssembly.Module.exports(await WebAssembly.compile(wasm)).filter(
      ({ kind }) => kind === "function",
    );
    const refused: string[] = [];
    for (const { name } of functions) {
      const at = wasm.indexOf(Buffer.concat([Uint8Array.of(name.length), Buffer.from(name)]));
      const other = Uint8Array.from(wasm);
      // Of the same length, so that all else stays.
      other.set(Buffer.from(`${name.slice(0, -1)}~`), at + 1);
      const made = await createClassifier({ module: other }).catch((error: Error) => error.message);
      if (typeof made !== "string") continue;
      expect(made).toContain(`what was given is not this release's abs.wasm: it exports no function "${name}"`);
      refused.push(name);
    }
    expect(functions.map(({ name }) => name).filter((name) => !refused.includes(name))).toEqual([]);
    await expectGood();
  });

  it("is refused where its format is a later one", async () => {
    const later = Uint8Array.from(wasm);
    later[4] = 2;
    await expect(createClassifier({ module: later })).rejects.toThrow(
      "module: this host cannot compile what was given: ",
    );
  });
});

describe("memory that runs out", () => {
  it("is told with what helps, whatever the engine calls it, and is no lasting harm", async () => {
    for (const words of ["WebAssembly.instantiate(): Out of memory", "could not allocate memory"]) {
      vi.spyOn(WebAssembly, "instantiate").mockRejectedValueOnce(new RangeError(words) as never);
      await expect(createClassifier()).rejects.toThrow(
        `module: there is no memory for another classifier here: let go of those that are not needed, share one, or raise the limit (of the process, the container or the worker): ${words}`,
      );
      await expectGood();
    }
  });

  it.runIf(process.platform === "linux")("leaves those that are there as they were", () => {
    // V8 reserves 8 GiB of addresses for a module's memory: the limit is one for a few of them.
    const program = `
      const { createClassifier } = await import(${JSON.stringify(new URL("../../src/entries/node.ts", import.meta.url).href)});
      const image = new Float32Array(784).fill(.25), made = [];
      let refusal;
      while (refusal === undefined && made.length < 100) await createClassifier().then((one) => made.push(one), (error) => { refusal = error.message; });
      const answers = made.map((one) => JSON.stringify(one.classify(image)));
      console.log(JSON.stringify({ refusal, made: made.length, different: new Set(answers).size }));`;
    const command = `ulimit -v "$1"; exec "$0" --import tsx --input-type=module --eval "$2"`;
    let [made, different, refusal] = [0, 0, ""];
    // What Node takes for itself differs from release to release.
    for (let limit = 60_000_000; made === 0 && limit < 1e9; limit *= 2) {
      const words = ["-c", command, process.execPath, `${limit}`, program];
      const { stdout, stderr } = spawnSync("bash", words, { encoding: "utf8" });
      expect(stderr).toBe("");
      ({ made, different, refusal } = JSON.parse(stdout) as { made: number; different: number; refusal: string });
      expect(refusal).toMatch(/^module: there is no memory for another classifier here: .*memory/i);
    }
    expect(made).toBeGreaterThan(0);
    expect(different).toBe(1);
  });
});
