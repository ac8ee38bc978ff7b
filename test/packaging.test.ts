import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { entryFor, type PackedPackage, packPackage } from "./support/packed.ts";

// What is published, and what that promises. `npx tsx test/consumers/run.ts` builds programs on it.

const root = fileURLToPath(new URL("..", import.meta.url));
const library = new URL("../dist/library/", import.meta.url);
const ENTRIES = ["index.js", "browser.js", "workerd.js", "edge-light.js", "inline.js", "module.js"];
const LARGEST_TARBALL = 1_200_000;

describe("the package", () => {
  let packed: PackedPackage;

  beforeAll(() => {
    packed = packPackage(fileURLToPath(new URL("../build/packaging", import.meta.url)));
  });

  it("holds these files and no others", () => {
    expect(packed.files).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/abs.wasm",
      "dist/library/THIRD-PARTY-LICENSES.txt",
      "dist/library/browser.js",
      "dist/library/cli.js",
      "dist/library/edge-light.js",
      "dist/library/index.d.ts",
      "dist/library/index.js",
      "dist/library/inline.d.ts",
      "dist/library/inline.js",
      "dist/library/module.d.ts",
      "dist/library/module.js",
      "dist/library/node.js",
      "dist/library/shared.d.ts",
      "dist/library/shared.js",
      "dist/library/tasks.js",
      "dist/library/worker.js",
      "dist/library/workerd.js",
      "docs/accuracy.md",
      "docs/api.md",
      "docs/command.md",
      "docs/options.md",
      "docs/own-classes.md",
      "docs/redrawings.svg",
      "docs/runtimes.md",
      "docs/speed.md",
      "docs/wasi.md",
      "docs/weights-format.md",
      "package.json",
      "weights/abs-mnist.md",
    ]);
  });

  it("is smaller than 1.2 MB", () => {
    expect(packed.size).toBeLessThan(LARGEST_TARBALL);
  });

  it("depends on nothing at run time", () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
      readFileSync(new URL("../package.json", import.meta.url), "utf8"),
    ) as Record<string, unknown>;
    expect([dependencies, peerDependencies, optionalDependencies]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, string[]]>([
    ["workerd", ["workerd", "worker", "browser", "import"]],
    ["edge-light", ["edge-light", "browser", "import"]],
    ["inline", ["deno", "node", "import"]],
    ["index", ["bun", "node", "import"]],
    ["browser", ["browser", "module", "import"]],
    ["index", ["node", "import"]],
    ["inline", ["import"]],
  ])("offers %s under the conditions %j", (entry, conditions) => {
    expect(entryFor(root, ".", conditions)).toBe(`./dist/library/${entry}.js`);
  });
});

describe.each(ENTRIES)("%s", (entry) => {
  const chunks = entry === "index.js" ? ["node.js", "shared.js"] : ["shared.js"];
  const files = [entry, ...chunks].map((name) => readFileSync(new URL(name, library), "utf8"));

  it("makes no code of text, which a strict policy forbids", () => {
    for (const text of files) expect(text).not.toMatch(/\beval\s*\(|\bnew Function\b/);
  });

  it("imports no package", () => {
    const imported = files.flatMap((text) => [...text.matchAll(/^(?:import|export) .*from ['"]([^'"]+)/gm)]);
    const foreign = imported.map(([, name]) => name as string).filter((name) => !name.startsWith("."));
    expect(foreign).toEqual(entry === "index.js" ? ["node:fs/promises"] : []);
  });
});

it("is one file where it is inline", () => {
  expect(readFileSync(new URL("inline.js", library), "utf8")).not.toMatch(/^import |\bimport\(|import\.meta/m);
});

it.each(["index.js", "browser.js", "inline.js", "module.js"])(
  "compiles and fetches nothing when %s is imported",
  (entry) => {
    const program = `
    const used = [];
    globalThis.fetch = () => used.push("fetch");
    for (const name of ["compile", "instantiate", "compileStreaming", "instantiateStreaming", "Module", "Instance", "Memory"]) {
      WebAssembly[name] = function () { used.push(name); };
    }
    globalThis.DecompressionStream = function () { used.push("DecompressionStream"); };
    await import(${JSON.stringify(new URL(entry, library).href)});
    console.log(JSON.stringify(used));
  `;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual([]);
  },
);

it("wants the module where the entry has none", async () => {
  const { createClassifier } = (await import(new URL("module.js", library).href)) as {
    createClassifier: (options?: object) => Promise<unknown>;
  };
  await expect(createClassifier({})).rejects.toThrow("module: got undefined; this entry has none of its own");
  await expect(createClassifier()).rejects.toThrow("module: got undefined; this entry has none of its own");
});
