// The bill of materials in CycloneDX's JSON: all that others wrote and that lies in what is published. The package depends on
// nothing, so npm lists nothing; what the build bundles and compiles in is shipped all the same.

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { PackageURL } from "packageurl-js";
import { shippedPackages } from "./licenses.mjs";

const readJson = (path) => JSON.parse(readFileSync(new URL(`../${path}`, import.meta.url), "utf8"));

/**
 * The text of dist/abs.cdx.json. It has neither a time nor a number of its own: the same sources give the same bytes.
 *
 * @param bundled what rollup-plugin-license tells of the libraries that the command bundles
 * @throws {Error} where a shipped package is not in the lockfile as it is installed
 */
export function billOfMaterials(bundled) {
  const { packages } = readJson("package-lock.json");
  const { name, version, license, description } = readJson("package.json");
  const whole = component({ name, version, license });
  whole.description = description;
  const bill = new Models.Bom({ metadata: new Models.Metadata({ component: whole }) });
  for (const { place, takenOver = [], ...shipped } of shippedPackages(bundled)) {
    const locked = packages[`node_modules/${shipped.name}`];
    if (locked?.version !== shipped.version) {
      throw new Error(
        `${shipped.name}: version ${shipped.version} is shipped, package-lock.json has ${locked?.version}`,
      );
    }
    const part = component(shipped);
    part.scope = Enums.ComponentScope.Required;
    part.properties.add(new Models.Property("analysis-by-synthesis:in", place));
    const [algorithm, digest] = locked.integrity.split(/-(.*)/);
    part.hashes.set(ALGORITHMS[algorithm], Buffer.from(digest, "base64").toString("hex"));
    for (const { name, id } of takenOver) {
      const inner = new Models.Component(Enums.ComponentType.Library, name);
      inner.bomRef.value = `${part.bomRef.value}#${name}`;
      inner.licenses.add(licenceOf(id));
      part.components.add(inner);
    }
    whole.dependencies.add(part.bomRef);
    bill.components.add(part);
  }
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bill, { sortLists: true, space: 2 })}\n`;
}

const ALGORITHMS = { sha512: Enums.HashAlgorithm["SHA-512"], sha1: Enums.HashAlgorithm["SHA-1"] };

function component({ name, version, license }) {
  const [, group, rest] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  const address = new PackageURL("npm", group, rest, version).toString();
  const part = new Models.Component(Enums.ComponentType.Library, rest, {
    group,
    version,
    purl: address,
    bomRef: address,
  });
  if (license) part.licenses.add(licenceOf(license));
  return part;
}

function licenceOf(text) {
  return /\s/.test(text) ? new Models.LicenseExpression(text) : new Models.SpdxLicense(text);
}
