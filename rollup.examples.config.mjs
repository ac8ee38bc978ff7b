import commonjs from "@rollup/plugin-commonjs";
import nodeResolve from "@rollup/plugin-node-resolve";
import typescript from "@rollup/plugin-typescript";

// What the services in examples need besides the library, in one file for runtimes without packages. Not published.
export default {
  input: "src/uploads/read-upload.ts",
  output: { file: "dist/examples/uploads.js", format: "es" },
  plugins: [
    nodeResolve({ browser: true }),
    commonjs(),
    typescript({ tsconfig: "tsconfig.json", include: ["format/**", "src/**"], noEmit: false }),
  ],
};
