import { readFileSync } from "node:fs";
import { ConsoleStdout, type Fd, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { portableMap } from "../support/wasi-command.ts";

const MODULE = new URL("../../dist/abs.wasi.wasm", import.meta.url);
const RUNS = 300;

let compiled: WebAssembly.Module;
beforeAll(async () => {
  compiled = await WebAssembly.compile(readFileSync(MODULE));
});

const pixels = Uint8Array.from({ length: 784 }, (_, index) => (index % 28 > 12 && index % 28 < 16 ? 250 : index % 3));
const maps = [portableMap("P5", pixels), portableMap("P2", pixels, 255, "# text\n")];
const word = fc.constantFrom(
  ...["P5", "P2", "P6", "28", "29", "255", "0", "65535", "4294967296", "#", "\n", " ", "-1", "x", "\0"],
);
const piece: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(pixels, ...maps),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(word, { maxLength: 12 }).map((words) => Buffer.from(words.join(" "))),
  fc.tuple(fc.constantFrom(...maps), fc.nat({ max: 60 })).map(([map, length]) => map.subarray(0, length)),
  fc
    .tuple(fc.constantFrom(...maps), fc.nat({ max: 60 }), fc.nat({ max: 255 }))
    .map(([map, at, byte]) => Uint8Array.from(map, (value, index) => (index === at ? byte : value))),
);
const stream = fc.array(piece, { maxLength: 3 }).map((pieces) => Buffer.concat(pieces));
const words = fc.constantFrom<string[][]>([], ["--format", "pgm"], ["--format=raw"], ["--effort=quick"]);

describe("any stream of bytes", () => {
  it("gives lines of JSON and one message at most, and never a trap", async () => {
    const codes = [0, 0];
    await fc.assert(
      fc.asyncProperty(stream, words, async (input, options) => {
        const output: string[] = [];
        const errors: string[] = [];
        const streams: Fd[] = [
          new OpenFile(new File(input)),
          ConsoleStdout.lineBuffered((line) => output.push(line)),
          ConsoleStdout.lineBuffered((line) => errors.push(line)),
        ];
        const wasi = new WASI(["abs", "--label-only", ...options], [], streams, { debug: false });
        const instance = await WebAssembly.instantiate(compiled, { wasi_snapshot_preview1: wasi.wasiImport });
        const code = wasi.start(instance as Parameters<typeof wasi.start>[0]);
        expect([0, 1]).toContain(code);
        codes[code] = (codes[code] as number) + 1;
        expect(errors).toHaveLength(code);
        if (code === 1) expect(errors[0]).toMatch(/^abs: [\P{Cc}]{1,200}$/u);
        output.forEach((line, frame) => {
          expect(JSON.parse(line)).toMatchObject({ frame, label: expect.any(Number) });
        });
        expect(output.length).toBeLessThanOrEqual(input.length / 784 + 3);
      }),
      { seed: 10, numRuns: RUNS },
    );
    for (const count of codes) expect(count).toBeGreaterThan(RUNS / 20);
  });
});
