import { chmodSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";
import { transform } from "esbuild";
import dts from "rollup-plugin-dts";
import license from "rollup-plugin-license";
import { billOfMaterials } from "./scripts/bill-of-materials.mjs";
import { thirdPartyLicenses } from "./scripts/licenses.mjs";

// All that lies there is published, so nothing of an earlier build may stay.
rmSync("dist/library", { recursive: true, force: true });

const compile = () => typescript({ tsconfig: "tsconfig.json", include: ["format/**", "src/**"], noEmit: false });

/**
 * Drops all comments but annotations for bundlers and licences, since edge workers load them for nothing: editors show those of the
 * declarations. esbuild leaves those of classes, 6 kB with gzip.
 */
const dropComments = {
  name: "drop-comments",
  async renderChunk(code) {
    const { code: rest } = await transform(code, { charset: "utf8", legalComments: "inline" });
    return rest.replace(/^ *\/\*\*.*?\*\/\n/gms, (comment) => (/@licen[cs]e|@preserve/.test(comment) ? comment : ""));
  },
};

/** Leaves imports of the module, and of its text, as they are written: relative to dist/library. */
const leaveModule = {
  name: "leave-module",
  resolveId: (id) => (/(abs\.wasm(\?module)?|packed\.cjs)$/.test(id) ? { id, external: "absolute" } : null),
};

/** The module as text; dist/abs.wasm must be built already. */
const packedModule = () => `"${gzipSync(readFileSync("dist/abs.wasm"), { level: 9 }).toString("base64")}"`;

/** The text as a file, for what is required: bundlers take it along where they leave dist/abs.wasm behind. */
const placePackedModule = {
  name: "place-packed-module",
  generateBundle() {
    this.emitFile({ type: "asset", fileName: "packed.cjs", source: `exports.text = ${packedModule()};\n` });
  },
};

/** Where a required file lies. Rollup's own way asks for `document` first, which jest's jsdom has in Node. */
const ownAddress = {
  name: "own-address",
  resolveImportMeta: (property) => (property === "url" ? 'require("node:url").pathToFileURL(__filename).href' : null),
};

/** The command reads numbers by the entry for that, which is published anyway. */
const takeReadingAsPublished = {
  name: "take-reading-as-published",
  resolveId: (id) => (/\/reading\/read-digits\.[jt]s$/.test(id) ? { id: "./reading.js", external: "absolute" } : null),
};

/** Chunks by a file that is in them: what all entries share, what those for Node do, what the command and its threads do. */
const CHUNKS = {
  "/src/classifier.ts": "shared",
  "/src/load/node.ts": "node",
  "/src/load/unpack.ts": "unpack",
  "/src/cli/tasks.ts": "tasks",
  "/src/files/webp.ts": "webp",
  "/src/files/webp-chunks.ts": "pictures",
};

function chunkName({ moduleIds }) {
  const [, name] = Object.entries(CHUNKS).find(([file]) => moduleIds.some((id) => id.endsWith(file))) ?? [];
  return name ?? "[name]";
}

/** npm makes the command executable when it installs the package; in a checkout this does. */
const makeExecutable = {
  name: "make-executable",
  writeBundle: () => chmodSync("dist/library/cli.js", 0o755),
};

/** Puts the decoder of WebP beside the command, which src/files/webp-module.ts finds among the packages. */
const placeWebpModule = {
  name: "place-webp-module",
  load(id) {
    if (!id.endsWith("/src/files/webp-module.ts")) return null;
    const source = readFileSync("node_modules/@jsquash/webp/codec/dec/webp_dec.wasm");
    this.emitFile({ type: "asset", fileName: "webp.wasm", source });
    return `import { readFile } from "node:fs/promises";
export const readWebpModule = () => readFile(new URL("webp.wasm", import.meta.url));`;
  },
};

// Without source maps: the code is not minified, and they would be half of the package.
// The entries share what they share: the library, which depends on nothing, and the command with the script of its worker
// threads, whose libraries are bundled so that installing the package installs nothing else.
const library = {
  input: {
    index: "src/entries/node.ts",
    browser: "src/entries/browser.ts",
    workerd: "src/entries/workerd.ts",
    "edge-light": "src/entries/edge-light.ts",
    module: "src/entries/module.ts",
    cli: "src/cli/main.ts",
    worker: "src/cli/worker.ts",
  },
  output: {
    dir: "dist/library",
    format: "es",
    chunkFileNames: (chunk) => `${chunkName(chunk)}.js`,
  },
  external: [/^node:/],
  plugins: [
    leaveModule,
    takeReadingAsPublished,
    placeWebpModule,
    makeExecutable,
    nodeResolve({ exportConditions: ["node"] }),
    // workerpool looks for worker_threads in a try block, where calls of require would otherwise stay as they are.
    commonjs({ ignoreTryCatch: (name) => name !== "worker_threads" }),
    compile(),
    dropComments,
    license({
      thirdParty: {
        allow: { test: "(MIT OR BSD-3-Clause OR Apache-2.0)", failOnUnlicensed: true, failOnViolation: true },
        output: [
          { file: "dist/library/THIRD-PARTY-LICENSES.txt", template: thirdPartyLicenses },
          { file: "dist/abs.cdx.json", template: billOfMaterials },
        ],
      },
    }),
  ],
};

// The same for `require`, which the entries for one host only do without.
const required = {
  input: { index: "src/entries/node.ts", inline: "src/entries/inline.ts", module: "src/entries/module.ts" },
  output: {
    dir: "dist/library",
    format: "cjs",
    // jest imports nothing dynamically without a flag.
    dynamicImportInCjs: false,
    entryFileNames: "[name].cjs",
    chunkFileNames: (chunk) => `${chunkName(chunk)}.cjs`,
    intro: ({ name }) => (name === "inline" ? 'const PACKED_MODULE = require("./packed.cjs").text;' : ""),
  },
  external: [/^node:/],
  plugins: [leaveModule, ownAddress, placePackedModule, compile(), dropComments],
};

// One file with the module inside.
const inline = {
  input: "src/entries/inline.ts",
  output: {
    file: "dist/library/inline.js",
    format: "es",
    intro: () => `const PACKED_MODULE = ${packedModule()};`,
  },
  plugins: [compile(), dropComments],
};

// The entries for bounds, attacks and reading work on a classifier that they are given, and repeat the few functions that they
// share with it: so the files that a host serves for the classifier stay the same.
const APART = ["certify", "attacks", "reading"];
const apart = APART.map((name) => ({
  input: `src/entries/${name}.ts`,
  output: [
    { file: `dist/library/${name}.js`, format: "es" },
    { file: `dist/library/${name}.cjs`, format: "cjs" },
  ],
  plugins: [compile(), dropComments],
}));

// One set of declarations for `import`, one for `require`: TypeScript tells by a file's ending what it describes.
const types = ["d.ts", "d.cts"].map((ending) => ({
  input: { index: "src/entries/node.ts", inline: "src/entries/inline.ts", module: "src/entries/module.ts" },
  output: {
    dir: "dist/library",
    format: "es",
    entryFileNames: `[name].${ending}`,
    chunkFileNames: (chunk) => `${chunkName(chunk)}.${ending}`,
  },
  plugins: [dts()],
}));

const apartTypes = APART.map((name) => ({
  input: `src/entries/${name}.ts`,
  output: ["d.ts", "d.cts"].map((ending) => ({ file: `dist/library/${name}.${ending}`, format: "es" })),
  plugins: [dts()],
}));

export default [library, required, inline, ...apart, ...types, ...apartTypes];
