import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";
import dts from "rollup-plugin-dts";
import license from "rollup-plugin-license";

// Three entries share what they share: the library, which depends on nothing, and the command with the script of its
// worker threads, whose libraries are bundled so that installing the package installs nothing else.
const chunkFileNames = ({ moduleIds }) =>
  moduleIds.some((id) => id.endsWith("/src/classifier.ts")) ? "shared.js" : "tasks.js";

const library = {
  input: { index: "src/index.ts", cli: "src/cli/main.ts", worker: "src/cli/worker.ts" },
  output: { dir: "dist/library", format: "es", sourcemap: true, chunkFileNames },
  external: [/^node:/],
  plugins: [
    nodeResolve({ exportConditions: ["node"] }),
    // workerpool looks for worker_threads in a try block, where calls of require would otherwise stay as they are.
    commonjs({ ignoreTryCatch: (name) => name !== "worker_threads" }),
    typescript({ tsconfig: "tsconfig.json", include: ["src/**"], noEmit: false, sourceMap: true }),
    license({ thirdParty: { includePrivate: false, output: "dist/library/THIRD-PARTY-LICENSES.txt" } }),
  ],
};

const types = {
  input: "src/index.ts",
  output: { file: "dist/library/index.d.ts", format: "es" },
  plugins: [dts()],
};

export default [library, types];
