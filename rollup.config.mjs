import { chmodSync, readFileSync, rmSync } from "node:fs";
import { gzipSync } from "node:zlib";
import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";
import dts from "rollup-plugin-dts";
import license from "rollup-plugin-license";
import { thirdPartyLicenses } from "./scripts/licenses.mjs";

// All that lies there is published, so nothing of an earlier build may stay.
rmSync("dist/library", { recursive: true, force: true });

const compile = () => typescript({ tsconfig: "tsconfig.json", include: ["format/**", "src/**"], noEmit: false });

/** Leaves imports of the module as they are written: relative to dist/library. */
const leaveModule = {
  name: "leave-module",
  resolveId: (id) => (/abs\.wasm(\?module)?$/.test(id) ? { id, external: "absolute" } : null),
};

/** Chunks by a file that is in them: what all entries share, what those for Node do, what the command and its threads do. */
const CHUNKS = {
  "/src/classifier.ts": "shared",
  "/src/load/node.ts": "node",
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
    // The command's threads read no numbers; without this, reading would be one more file for every page to load.
    manualChunks: (id) => (/\/src\/(reading\/|classifier\.ts$)/.test(id) ? "shared" : undefined),
  },
  external: [/^node:/],
  plugins: [
    leaveModule,
    placeWebpModule,
    makeExecutable,
    nodeResolve({ exportConditions: ["node"] }),
    // workerpool looks for worker_threads in a try block, where calls of require would otherwise stay as they are.
    commonjs({ ignoreTryCatch: (name) => name !== "worker_threads" }),
    compile(),
    license({
      thirdParty: {
        allow: { test: "(MIT OR BSD-3-Clause OR Apache-2.0)", failOnUnlicensed: true, failOnViolation: true },
        output: { file: "dist/library/THIRD-PARTY-LICENSES.txt", template: thirdPartyLicenses },
      },
    }),
  ],
};

// One file with the module inside; dist/abs.wasm must be built already.
const inline = {
  input: "src/entries/inline.ts",
  output: {
    file: "dist/library/inline.js",
    format: "es",
    intro: () => `const PACKED_MODULE = "${gzipSync(readFileSync("dist/abs.wasm"), { level: 9 }).toString("base64")}";`,
  },
  plugins: [compile()],
};

// The entries for bounds and for attacks work without a classifier, and repeat the few functions that they share with it: so the
// files that a host serves for the classifier stay the same.
const apart = ["certify", "attacks"].map((name) => ({
  input: `src/entries/${name}.ts`,
  output: { file: `dist/library/${name}.js`, format: "es" },
  plugins: [compile()],
}));

const types = {
  input: { index: "src/entries/node.ts", inline: "src/entries/inline.ts", module: "src/entries/module.ts" },
  output: { dir: "dist/library", format: "es", chunkFileNames: (chunk) => `${chunkName(chunk)}.d.ts` },
  plugins: [dts()],
};

const apartTypes = apart.map(({ input, output }) => ({
  input,
  output: { file: output.file.replace(/js$/, "d.ts"), format: "es" },
  plugins: [dts()],
}));

export default [library, inline, ...apart, types, ...apartTypes];
