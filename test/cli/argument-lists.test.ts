import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { handmadePng, idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { run } from "./fake-classifier.ts";

const RUNS = 1000;
const HOSTILE = [
  "",
  "-",
  "--",
  "\0",
  "\u001b[2J",
  "\u009b2J",
  "x".repeat(20_000),
  "é👍\ud83d",
  "__proto__",
  "constructor",
];

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const before = process.cwd();
beforeAll(async () => {
  directory = await temporaryDirectory();
  const images = Uint8Array.from({ length: 4 * 784 }, (_, index) => (index % 784 === 0 ? 2 : index % 5));
  await directory.write("images.gz", gzipSync(idxBytes([4, 28, 28], images)));
  await directory.write(
    "one.png",
    handmadePng({ width: 28, height: 28, depth: 8, colourType: 0, rows: new Uint8Array(28 * 29) }),
  );
  await directory.write("shard.json", "{}");
  await mkdir(join(directory.path, "data"));
  await directory.write("data/t10k-images-idx3-ubyte", idxBytes([4, 28, 28], images));
  await directory.write("data/t10k-labels-idx1-ubyte", idxBytes([4], Uint8Array.of(2, 2, 2, 3)));
  // What the argument lists write is written there.
  process.chdir(directory.path);
  vi.stubGlobal("fetch", () => Promise.reject(new Error("no network in this test")));
});
afterAll(async () => {
  process.chdir(before);
  vi.unstubAllGlobals();
  await directory.remove();
});

/** What each command is given when it is used as meant, and the options that it knows. */
const MODEL = [
  "--json",
  "--effort=quick",
  "--variant=abs",
  "--inference=paper",
  "--confidence=paper",
  "--weights=one.png",
];
const FRAMES = ["--raw", "--preprocess"];
const RANGE = ["--offset=1", "--limit=2", "--workers=2", "--workers=auto"];
const COMMANDS: readonly { readonly words: readonly string[]; readonly options: readonly string[] }[] = [
  { words: ["classify", "images.gz", "one.png"], options: [...MODEL, ...FRAMES, ...RANGE, "--pictures=1"] },
  { words: ["explain", "images.gz"], options: [...MODEL, ...FRAMES, "--frame=3"] },
  { words: ["sample", "3"], options: [...MODEL, "--count=2", "--seed=7", "--out=sheet.png", "--out=data"] },
  {
    words: ["evaluate", "--data", "data"],
    options: [...MODEL, ...RANGE, "--split=test", "--split=train", "--shard=0/2"],
  },
  { words: ["merge", "shard.json"], options: ["--json"] },
  { words: ["data", "fetch", "data"], options: ["--json", "--mirror=http://localhost/"] },
];

const hostile = fc.constantFrom(...HOSTILE);
const anything = fc.oneof(
  hostile,
  fc.constantFrom(
    "images.gz",
    "nowhere",
    "data",
    "/dev/null",
    "0",
    "3",
    "1/2",
    "4294967296",
    "1e3",
    "-1",
    "auto",
    "race",
  ),
  fc.string({ unit: "binary", maxLength: 20 }).map((text) => text.replaceAll("/", "")),
);
const anyOption = fc.constantFrom(...COMMANDS.flatMap(({ options }) => options), "--help", "--unknown", "--count");
const wrong = fc.oneof(
  anything,
  anyOption,
  fc.tuple(anyOption, anything).map(([option, value]) => `${option.split("=")[0]}=${value}`),
);
/** Mostly as meant, with something wrong added now and then. */
const list = fc
  .constantFrom(...COMMANDS)
  .chain(({ words, options }) =>
    fc.tuple(
      fc.constantFrom(words, words, words, words.slice(0, 1), []),
      fc.array(fc.constantFrom(...options), { maxLength: 3 }),
      fc.oneof(fc.constant([]), fc.array(wrong, { maxLength: 3 })),
    ),
  )
  .map((parts) => parts.flat());

describe("any list of arguments", () => {
  it("ends with a documented exit code, and what is said is short, without control characters, and about the input", async () => {
    const codes = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(list, async (argumentList) => {
        const { code, stdout, stderr } = await run(argumentList);
        expect([0, 1, 2]).toContain(code);
        codes[code] = (codes[code] as number) + 1;
        expect(stderr.length).toBeLessThan(4000);
        expect(code === 0 || stderr.startsWith("abs")).toBe(true);
        expect(/^Try: abs/m.test(stderr)).toBe(code === 2);
        expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n]/u);
        expect(stderr).not.toMatch(/\n +at |undefined|Cannot read|is not a function/);
      }),
      { seed: 9, numRuns: RUNS },
    );
    for (const count of codes) expect(count).toBeGreaterThan(RUNS / 50);
  });
});
