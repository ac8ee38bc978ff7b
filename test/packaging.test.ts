import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { linksOf, type Repository, withPackedLinks } from "../scripts/packing/links.ts";
import { promisedFiles, readManifest, repositoryOf } from "../scripts/packing/package.ts";
import { entryFor, type PackedPackage, packPackage } from "./support/packed.ts";

// What is published, and what that promises. `npx tsx test/consumers/run.ts` builds programs on it.

const root = fileURLToPath(new URL("..", import.meta.url));
const library = new URL("../dist/library/", import.meta.url);
const ENTRIES = ["index.js", "browser.js", "workerd.js", "edge-light.js", "inline.js", "module.js"];
/**
 * The module is in it three times, as a file and as text for `import` and `require`: 1.6 MB. The demo's page is 120 kB, what
 * reads numbers 120 kB for `import` and as much for `require`, the decoder of WebP 50 kB.
 */
const LARGEST_TARBALL = 2_700_000;

describe("the package", () => {
  let packed: PackedPackage;

  beforeAll(() => {
    packed = packPackage(fileURLToPath(new URL("../build/packaging", import.meta.url)));
  });

  it("holds these files and no others", () => {
    // The names in assets/ change with their content, and with them their order.
    const files = packed.files.map((path) => path.replace(/^(dist\/demo\/assets\/.+)-[\w-]{8}\./, "$1-HASH.")).sort();
    // Without the demo's module: `abs demo` gives it dist/abs.wasm.
    expect(files).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "dist/abs.wasm",
      "dist/demo/assets/adversarial-cnn-HASH.bin",
      "dist/demo/assets/index-HASH.css",
      "dist/demo/assets/index-HASH.js",
      "dist/demo/assets/plain-cnn-HASH.bin",
      "dist/demo/assets/worker-HASH.js",
      "dist/demo/icons/icon-192.png",
      "dist/demo/icons/icon-512.png",
      "dist/demo/icons/icon-maskable.png",
      "dist/demo/icons/icon.svg",
      "dist/demo/index.html",
      "dist/demo/manifest.webmanifest",
      "dist/demo/service-worker.js",
      "dist/library/THIRD-PARTY-LICENSES.txt",
      "dist/library/attacks.cjs",
      "dist/library/attacks.d.cts",
      "dist/library/attacks.d.ts",
      "dist/library/attacks.js",
      "dist/library/browser.js",
      "dist/library/certify.cjs",
      "dist/library/certify.d.cts",
      "dist/library/certify.d.ts",
      "dist/library/certify.js",
      "dist/library/cli.js",
      "dist/library/edge-light.js",
      "dist/library/index.cjs",
      "dist/library/index.d.cts",
      "dist/library/index.d.ts",
      "dist/library/index.js",
      "dist/library/inline.cjs",
      "dist/library/inline.d.cts",
      "dist/library/inline.d.ts",
      "dist/library/inline.js",
      "dist/library/module.cjs",
      "dist/library/module.d.cts",
      "dist/library/module.d.ts",
      "dist/library/module.js",
      "dist/library/node.js",
      "dist/library/packed.cjs",
      "dist/library/pictures.js",
      "dist/library/reading.cjs",
      "dist/library/reading.d.cts",
      "dist/library/reading.d.ts",
      "dist/library/reading.js",
      "dist/library/shared.cjs",
      "dist/library/shared.d.cts",
      "dist/library/shared.d.ts",
      "dist/library/shared.js",
      "dist/library/tasks.js",
      "dist/library/unpack.cjs",
      "dist/library/webp.js",
      "dist/library/webp.wasm",
      "dist/library/worker.js",
      "dist/library/workerd.js",
      "docs/accuracy.md",
      "docs/api.md",
      "docs/command.md",
      "docs/compare-robustness.md",
      "docs/deploy-to-the-edge.md",
      "docs/in-a-web-page.md",
      "docs/options.md",
      "docs/own-classes.md",
      "docs/reading.md",
      "docs/redrawings.svg",
      "docs/robustness.md",
      "docs/runtimes.md",
      "docs/speed.md",
      "docs/wasi.md",
      "docs/weights-format.md",
      "package.json",
      "weights/abs-mnist.md",
    ]);
  });

  it("holds what package.json promises", () => {
    const promised = promisedFiles(readManifest());
    expect(promised).toEqual(
      expect.arrayContaining(["dist/library/index.d.ts", "dist/abs.wasm", "dist/library/cli.js"]),
    );
    expect(packed.files).toEqual(expect.arrayContaining(promised));
  });

  it("leads by every link to a file of its own, or to one of the repository at its version", () => {
    const repository = repositoryOf(readManifest());
    const views = ["blob", "raw", "tree"].map((view) => `${repository.page}/${view}/${repository.revision}/`);
    const files = new Set(packed.files);
    const documents = packed.files.filter((path) => path.endsWith(".md"));
    const seen = { own: 0, repository: 0, elsewhere: 0 };
    for (const path of documents) {
      const text = readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
      for (const { target } of linksOf(withPackedLinks(text, path, files, repository))) {
        const view = views.find((start) => target.startsWith(start));
        const written = target.replace(/[?#].*$/, "");
        if (view !== undefined) {
          seen.repository += 1;
          expect(existsSync(new URL(`../${written.slice(view.length)}`, import.meta.url)), target).toBe(true);
        } else if (/^https?:/.test(target)) {
          seen.elsewhere += 1;
        } else if (written !== "") {
          seen.own += 1;
          expect(packed.files, `${path} links to ${target}`).toContain(posix.join(posix.dirname(path), written));
        }
      }
    }
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(0);
  });

  it("is smaller than 2.7 MB", () => {
    expect(packed.size).toBeLessThan(LARGEST_TARBALL);
  });

  it("depends on nothing at run time", () => {
    const { dependencies, peerDependencies, optionalDependencies } = JSON.parse(
      readFileSync(new URL("../package.json", import.meta.url), "utf8"),
    ) as Record<string, unknown>;
    expect([dependencies, peerDependencies, optionalDependencies]).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, string[]]>([
    ["workerd.js", ["workerd", "worker", "browser", "import"]],
    ["edge-light.js", ["edge-light", "browser", "import"]],
    ["inline.js", ["deno", "node", "import"]],
    ["index.js", ["bun", "node", "import"]],
    ["index.js", ["bun", "node", "require"]],
    ["browser.js", ["browser", "module", "import"]],
    ["browser.js", ["browser", "module", "import", "production"]],
    // Vite's server puts packages into a folder of its own, without the files that they want to fetch.
    ["inline.js", ["browser", "module", "import", "development"]],
    ["inline.cjs", ["browser", "require"]],
    ["index.js", ["node", "import"]],
    ["index.cjs", ["node", "require"]],
    ["index.cjs", ["node", "node-addons", "require", "module-sync"]],
    ["inline.js", ["import"]],
    ["inline.cjs", ["require"]],
    ["index.d.ts", ["types", "node", "import"]],
    ["index.d.cts", ["types", "node", "require"]],
  ])("offers %s under the conditions %j", (entry, conditions) => {
    expect(entryFor(root, ".", conditions)).toBe(`./dist/library/${entry}`);
  });
});

describe("the licences of what others wrote", () => {
  const text = readFileSync(new URL("THIRD-PARTY-LICENSES.txt", library), "utf8");
  const sections = text.split(/^-{80}$/m).map((section) => section.trim());
  const sectionOf = (name: string): string => sections.find((section) => section.startsWith(`${name} `)) ?? "";
  const fileOf = (name: string, file: string): string =>
    readFileSync(new URL(`../node_modules/${name}/${file}`, import.meta.url), "utf8")
      .replaceAll("\r\n", "\n")
      .trim();

  it("are there for what the compiler adds to the modules, with the notice that its licence demands", () => {
    expect(sectionOf("assemblyscript")).toContain("In dist/abs.wasm");
    expect(sectionOf("assemblyscript")).toContain(fileOf("assemblyscript", "LICENSE"));
    expect(sectionOf("assemblyscript")).toContain(fileOf("assemblyscript", "NOTICE"));
    expect(sectionOf("@assemblyscript/wasi-shim")).toContain("In dist/abs.wasi.wasm");
    expect(sectionOf("@assemblyscript/wasi-shim")).toContain(fileOf("@assemblyscript/wasi-shim", "LICENSE"));
  });

  it.each([
    ["musl libc\nCopyright (c) Rich Felker, et al.\nMIT License", "Permission is hereby granted, free of charge"],
    ["V8\nCopyright (c) the V8 project authors\nBSD 3-Clause", "Redistributions in binary form must reproduce"],
    [
      "Arm Optimized Routines\nCopyright (c) Arm Limited\nMIT License",
      "The above copyright notice and this permission",
    ],
    ["SUN COPYRIGHT NOTICE\n\nCopyright (C) 1993 by Sun Microsystems", "provided that this notice is preserved"],
  ])("has the terms of %j, which AssemblyScript's library took over", (heading, terms) => {
    const [, rest] = sectionOf("assemblyscript").split(heading);
    expect(rest).toContain(terms);
  });

  it("are there for what a bundled package took over without its notice", () => {
    expect(sectionOf("@jsquash/webp")).toContain(fileOf("@jsquash/webp", "LICENSE"));
    const [, libwebp] = sectionOf("@jsquash/webp").split("libwebp\nCopyright (c) 2010, Google Inc.");
    expect(libwebp).toContain("Redistributions in binary form must reproduce");
  });

  it("are there for every library that the sources import", () => {
    const root = new URL("../src/", import.meta.url);
    const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
    const imported = sources.flatMap((path) =>
      [...readFileSync(new URL(path, root), "utf8").matchAll(/from "((?!\.|node:)[^"]+)"/g)].map(([, name]) => name),
    );
    expect(new Set(imported).size).toBeGreaterThan(3);
    /** Without the path of a file in it. */
    const packageOf = (name: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
    // Examples in comments import the package itself.
    for (const name of imported.filter((one) => !one?.startsWith("analysis-by-synthesis")))
      expect(sectionOf(packageOf(name as string)), name).toMatch(/copyright/i);
  });
});

describe("a link of a packed document", () => {
  const packed = new Set(["README.md", "docs/a.md"]);
  const repository: Repository = {
    page: "https://example.org/o/n",
    revision: "v1.0.0",
    has: (path) => ({ "docs/b c.md": "file" as const, "docs/d.svg": "file" as const, docs: "folder" as const })[path],
  };
  const write = (text: string, path = "docs/a.md") => withPackedLinks(text, path, packed, repository);

  it.each([
    ["[r](../README.md#top)", "[r](../README.md#top)"],
    ['[b](<b c.md> "t")', '[b](<https://example.org/o/n/blob/v1.0.0/docs/b%20c.md> "t")'],
    ["[b\nb](b%20c.md?x#y)", "[b\nb](https://example.org/o/n/blob/v1.0.0/docs/b%20c.md?x#y)"],
    ["![d](d.svg)", "![d](https://example.org/o/n/raw/v1.0.0/docs/d.svg)"],
    [
      "[![d](d.svg)](../docs/)",
      "[![d](https://example.org/o/n/raw/v1.0.0/docs/d.svg)](https://example.org/o/n/tree/v1.0.0/docs)",
    ],
    ["[d][e]\n\n[e]: d.svg", "[d][e]\n\n[e]: https://example.org/o/n/blob/v1.0.0/docs/d.svg"],
    ["`[x](x.md)` [h](#h) [w](https://w.org/x.md)", "`[x](x.md)` [h](#h) [w](https://w.org/x.md)"],
    ["```\n[x](x.md)\n```", "```\n[x](x.md)\n```"],
  ])("%j becomes %j", (text, wanted) => {
    expect(write(text)).toBe(wanted);
  });

  it.each([
    ["[x](x.md)", "docs/a.md links to x.md, which is not there"],
    ["[x](../../x.md)", "docs/a.md links to ../../x.md, which is not there"],
    ["[x](/docs/d.svg)", "docs/a.md links to /docs/d.svg, which is not there"],
    ['<img src="d.svg">', 'got the HTML <img src="d.svg">'],
  ])("%j is refused", (text, message) => {
    expect(() => write(text)).toThrow(message);
  });
});

it("names its repository in one place, from which the other addresses follow", () => {
  const { repository, homepage, bugs } = readManifest();
  const [, page] = /^git\+(https:\/\/github\.com\/[\w.-]+\/[\w.-]+)\.git$/.exec(repository.url) ?? [];
  expect(page).toBeDefined();
  expect([repository.type, homepage, bugs.url]).toEqual(["git", `${page}#readme`, `${page}/issues`]);
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

it("has worker threads that load no parser of the command line", () => {
  const loaded = new Set(["worker.js"]);
  for (const name of loaded) {
    const text = readFileSync(new URL(name, library), "utf8");
    for (const [, imported] of text.matchAll(/^import .*['"]\.\/([^'"]+)['"]/gm)) loaded.add(imported as string);
    expect(text, name).not.toMatch(/\bparseArgs\b|\bUsageError\b/);
  }
  expect(loaded).toContain("tasks.js");
  expect(loaded).not.toContain("cli.js");
});

it("is one file where it is inline", () => {
  expect(readFileSync(new URL("inline.js", library), "utf8")).not.toMatch(/^import |\bimport\(|import\.meta/m);
});

it.each(["index.js", "browser.js", "inline.js", "module.js", "index.cjs", "inline.cjs", "module.cjs"])(
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
