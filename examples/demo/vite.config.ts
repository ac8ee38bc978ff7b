import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { BUILT, demoFiles, writeColours, writeNetworks } from "../../scripts/demo/plugin.ts";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

writeNetworks();
writeColours();
// Tests build, too, and a page that takes itself for one under development keeps nothing for when there is no network.
if (process.argv.includes("build")) process.env["NODE_ENV"] = "production";

export default defineConfig({
  root: path("./"),
  // Addresses relative to the page: the built folder works under any path.
  base: "./",
  resolve: {
    // The library as it is published, from this checkout.
    alias: [
      { find: /^analysis-by-synthesis$/, replacement: path("../../dist/library/browser.js") },
      { find: /^analysis-by-synthesis\/(attacks|certify)$/, replacement: path("../../dist/library/$1.js") },
    ],
  },
  worker: { format: "es" },
  build: {
    outDir: BUILT,
    emptyOutDir: true,
    target: "es2022",
    // Every file by itself, under a name that changes with its content; a page's policy forbids data: for most.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  plugins: [demoFiles(path("service-worker.js"))],
});
