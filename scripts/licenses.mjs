// Writes the licences of all that others wrote and that the build puts into what is published: the libraries that the
// command bundles, and what AssemblyScript's compiler adds to the modules from its own library.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import spdx from "spdx-license-list/full.js";

const root = new URL("../", import.meta.url);
const RULE = `\n\n${"-".repeat(80)}\n\n`;

/** What others wrote and a bundled package has taken over without its notice: its name and copyright, and its licence by SPDX. */
const TAKEN_OVER = {
  "@jsquash/webp": {
    name: "libwebp",
    heading: "libwebp\nCopyright (c) 2010, Google Inc. All rights reserved.",
    id: "BSD-3-Clause",
  },
};

/** Packages whose code the compiler puts into dist/abs.wasm and dist/abs.wasi.wasm: its own, and those that asconfig names. */
function compiledPackages() {
  const configurations = readdirSync(root).filter((name) => /^asconfig.*\.json$/.test(name));
  const named = configurations.flatMap((name) => {
    const paths = readFileSync(new URL(name, root), "utf8").matchAll(/node_modules\/((?:@[^/"]+\/)?[^/"]+)/g);
    return Array.from(paths, ([, packageName]) => packageName);
  });
  return [...new Set(["assemblyscript", ...named])];
}

const COMMAND = "the command: dist/library/cli.js, tasks.js, worker.js and webp.*";

/**
 * All that others wrote and that is shipped, as `{ name, version, license, place, takenOver }`: compiled in, then bundled by name.
 *
 * @param bundled what rollup-plugin-license tells of the libraries that the command bundles
 */
export function shippedPackages(bundled) {
  const compiled = compiledPackages().map((name) => {
    const { version, license } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), "utf8"));
    return { name, version, license, place: placeOf(name) };
  });
  const libraries = byName(bundled).map(({ name, version, license }) => {
    const takenOver = TAKEN_OVER[name];
    return { name, version, license, place: COMMAND, ...(takenOver && { takenOver: [takenOver] }) };
  });
  return [...compiled, ...libraries];
}

function byName(bundled) {
  return bundled.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function placeOf(compiled) {
  return compiled === "assemblyscript"
    ? "dist/abs.wasm, which dist/library/inline.js carries, and dist/abs.wasi.wasm"
    : "dist/abs.wasi.wasm";
}

/**
 * The text of dist/library/THIRD-PARTY-LICENSES.txt.
 *
 * @param bundled what rollup-plugin-license tells of the libraries that the command bundles
 * @throws {Error} where a package has no licence, or a notice that reads otherwise than those known
 */
export function thirdPartyLicenses(bundled) {
  const libraries = byName(bundled).map((dependency) => {
    if (!dependency.licenseText) throw new Error(`${dependency.name} has no licence text`);
    const takenOver = TAKEN_OVER[dependency.name];
    return section(COMMAND, dependency, [
      dependency.licenseText,
      dependency.noticeText,
      takenOver && `${takenOver.heading}\n${spdx[takenOver.id].name}\n\n${termsOf(takenOver.id)}`,
    ]);
  });
  return [...compiledPackages().map(compiledPackage), ...libraries].join(RULE);
}

function section(place, { name, version, license, homepage }, texts) {
  const heading = [`${name} ${version}`, `Licence: ${license}`, ...(homepage ? [homepage] : []), `In ${place}`];
  return [
    heading.join("\n"),
    ...texts.filter(Boolean).map((text) => text.replaceAll("\r\n", "\n").replace(/^\n+|\s+$/g, "")),
  ].join("\n\n");
}

function compiledPackage(name) {
  const folder = new URL(`node_modules/${name}/`, root);
  const read = (path) => readFileSync(new URL(path, folder), "utf8");
  const manifest = JSON.parse(read("package.json"));
  const notice = existsSync(new URL("NOTICE", folder)) ? read("NOTICE") : undefined;
  return section(placeOf(name), manifest, [
    read("LICENSE"),
    notice,
    ...portions(notice ?? ""),
    ...copyrightComments(folder),
  ]);
}

/** Licences that a NOTICE only names, of what the package itself took over; the package's own licence is Apache-2.0. */
function portions(notice) {
  const [, list = ""] = notice.split(/^Portions of this software .*\n.*:\n/m);
  const entries = list.split(/^\* /m).slice(1);
  return entries.flatMap((entry) => {
    const [, name, copyright, id] =
      /^(.+?): \S+\s+(Copyright .+)\n.*\(https:\/\/opensource\.org\/licenses\/([\w.-]+)\)\s*$/.exec(entry) ?? [];
    if (spdx[id] === undefined) throw new Error(`the notice has a portion that reads otherwise: ${entry}`);
    if (id === "Apache-2.0") return [];
    return [`${name}\n${copyright}\n${spdx[id].name}\n\n${termsOf(id)}`];
  });
}

/** A licence without the line that names the owner. */
function termsOf(id) {
  return spdx[id].licenseText.replace(/^[\s\S]*?(?=Permission is|Redistribution and)/, "");
}

/** Copyright notices that the sources of a package's library carry as comments. */
function copyrightComments(folder) {
  const sources = readdirSync(folder, { recursive: true }).filter((path) => /(^|\/)assembly\/.*\.ts$/.test(path));
  return sources.sort().flatMap((path) => {
    const text = readFileSync(new URL(path, folder), "utf8");
    const comments = text.match(/\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/.*\n)+/gm) ?? [];
    return comments
      .filter((comment) => /copyright \(c\)/i.test(comment))
      .map((comment) => `${path}\n\n${comment.replace(/^[ \t]*(?:\/\/|\/\*+|\*\/|\*) ?/gm, "")}`);
  });
}
