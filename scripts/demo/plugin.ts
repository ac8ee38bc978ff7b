import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { readConvolutions } from "../../bench/models/gradient-cnn.ts";
import { DARK, LIGHT } from "../../src/cli/report/palette.ts";
import { filesIn } from "../../src/files/files-in.ts";
import { storeNetwork } from "../../src/networks/stored-network.ts";
import { iconPng, iconSvg } from "./icons.ts";

// What the demo's build makes besides bundling: the networks in 8 bits, the winner's and the runner-up's colours, the icons, the
// manifest, and the service worker with the list of all files.

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Where the built page lies; the package holds it without the module, which is there already. */
export const BUILT = join(ROOT, "dist/demo");

/** Writes the networks where worker/models.ts refers to them. */
export function writeNetworks(): void {
  const folder = join(ROOT, "build/demo");
  mkdirSync(folder, { recursive: true });
  for (const name of ["plain-cnn", "adversarial-cnn"]) {
    const stored = storeNetwork(readConvolutions(join(ROOT, `bench/baselines/${name}.safetensors`)));
    writeFileSync(join(folder, `${name}.bin`), stored);
  }
}

/** Writes the colours of evidence where style.css imports them: on the page, light and dark, and on pictures, which are dark. */
export function writeColours(): void {
  const inks = ({ for: winner, against }: typeof LIGHT) => `--for-ink: ${winner}; --against-ink: ${against};`;
  const css = `:root { ${inks(LIGHT)} --for: ${DARK.for}; --against: ${DARK.against}; }
@media (prefers-color-scheme: dark) { :root { ${inks(DARK)} } }
`;
  mkdirSync(join(ROOT, "build/demo"), { recursive: true });
  writeFileSync(join(ROOT, "build/demo/evidence.css"), css);
}

/** Both sizes that installing wants, and one that may be cut to any shape. */
const ICONS = [
  { name: "icon-192.png", side: 192, padding: 0, purpose: "any" },
  { name: "icon-512.png", side: 512, padding: 0, purpose: "any" },
  { name: "icon-maskable.png", side: 512, padding: 5, purpose: "maskable" },
] as const;

function manifest(): string {
  return JSON.stringify({
    name: "Analysis by synthesis",
    short_name: "Synthesis",
    description: "A digit classifier that checks itself by redrawing what it sees",
    start_url: "./",
    scope: "./",
    display: "standalone",
    background_color: "#f7f6f2",
    theme_color: "#162447",
    icons: [
      { src: "icons/icon.svg", sizes: "any", type: "image/svg+xml" },
      ...ICONS.map(({ name, side, purpose }) => ({
        src: `icons/${name}`,
        sizes: `${side}x${side}`,
        type: "image/png",
        purpose,
      })),
    ],
  });
}

/** Adds all that to a build. @param source the service worker's own file, in which the list is empty */
export function demoFiles(source: string): Plugin {
  return {
    name: "demo-files",
    apply: "build",
    generateBundle() {
      const emit = (fileName: string, content: string | Uint8Array): void => {
        this.emitFile({ type: "asset", fileName, source: content });
      };
      emit("manifest.webmanifest", manifest());
      emit("icons/icon.svg", iconSvg());
      for (const { name, side, padding } of ICONS) emit(`icons/${name}`, iconPng(side, padding));
    },
    closeBundle() {
      const files = filesIn(BUILT).filter((path) => path !== "service-worker.js");
      // The beginning of each file's SHA-256, which the service worker holds what it is given to.
      const hashed = files.map((path) => {
        const hash = createHash("sha256")
          .update(readFileSync(join(BUILT, path)))
          .digest("hex")
          .slice(0, 12);
        // The page is asked for by its folder.
        return [path === "index.html" ? "./" : path, hash];
      });
      const code = readFileSync(source, "utf8");
      if (!code.includes("const FILES = [];")) throw new Error(`${source}: has no list of files to fill`);
      writeFileSync(
        join(BUILT, "service-worker.js"),
        code.replace("const FILES = [];", `const FILES = ${JSON.stringify(hashed)};`),
      );
    },
  };
}
