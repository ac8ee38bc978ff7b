import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";
import dts from "rollup-plugin-dts";
import license from "rollup-plugin-license";

// Two entries share what they share: the library, which depends on nothing, and the command, whose libraries are
// bundled so that installing the package installs nothing else.
const library = {
  input: { index: "src/index.ts", cli: "src/cli/main.ts" },
  output: { dir: "dist/library", format: "es", sourcemap: true, chunkFileNames: "shared.js" },
  external: [/^node:/],
  plugins: [
    nodeResolve({ exportConditions: ["node"] }),
    commonjs(),
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
