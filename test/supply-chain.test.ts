import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { differences } from "../scripts/packing/same-bytes.ts";
import { findings, signatureProblems } from "../scripts/release/findings.ts";

// What comes from others: how it is pinned, where it may run, and what of it is shipped.

const root = new URL("../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const tracked = execFileSync("git", ["ls-files", "*package.json", "*package-lock.json", "*.npmrc"], {
  cwd: fileURLToPath(root),
  encoding: "utf8",
})
  .trim()
  .split("\n");
const named = (name: string): string[] => tracked.filter((path) => path.split("/").at(-1) === name);

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  link?: boolean;
  dev?: boolean;
  hasInstallScript?: boolean;
}
const packagesOf = (path: string): [string, Locked][] =>
  Object.entries((JSON.parse(read(path)) as { packages: Record<string, Locked> }).packages).filter(
    ([place]) => place !== "",
  );

describe.each(named("package-lock.json"))("%s", (path) => {
  it("pins every package by the hash of its bytes, and lets the installer say where from", () => {
    const packages = packagesOf(path);
    expect(packages.length).toBeGreaterThan(0);
    for (const [place, { link, resolved, integrity }] of packages) {
      if (link === true) continue;
      expect(integrity, place).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      if (resolved !== undefined) expect(resolved, place).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });
});

describe.each(named("package.json"))("%s", (path) => {
  it("wants packages by one version each, from a registry and from nowhere else", () => {
    const manifest = JSON.parse(read(path)) as Record<string, Record<string, string> | undefined>;
    const wanted = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap((field) =>
      Object.entries(manifest[field] ?? {}),
    );
    for (const [name, version] of wanted) {
      if (name === "analysis-by-synthesis") continue;
      expect(version, name).toMatch(/^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });
});

it("names no registry and no credentials in npm's settings", () => {
  for (const path of named(".npmrc"))
    expect(read(path), path).not.toMatch(/^[^#;\n]*(registry|auth|token|_password)/im);
});

describe("the package", () => {
  const manifest = JSON.parse(read("package.json")) as {
    scripts: Record<string, string>;
    publishConfig: unknown;
  } & Record<string, unknown>;

  it("runs nothing when it is installed", () => {
    for (const script of ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"]) {
      expect(manifest.scripts[script], script).toBeUndefined();
    }
    // npm would build it without being told to.
    expect(existsSync(new URL("binding.gyp", root))).toBe(false);
  });

  it("brings no package along", () => {
    for (const field of ["dependencies", "optionalDependencies", "peerDependencies", "bundleDependencies"]) {
      expect(manifest[field], field).toBeUndefined();
    }
    for (const [place, { dev }] of packagesOf("package-lock.json")) expect(dev, place).toBe(true);
  });

  it("has the fields that a publish with provenance wants", () => {
    expect(manifest).toMatchObject({
      license: "MIT",
      repository: { type: "git", url: expect.stringMatching(/^git\+https:\/\/github\.com\/[\w-]+\/[\w.-]+\.git$/) },
      publishConfig: { access: "public" },
    });
    expect(manifest["private"]).toBeUndefined();
  });
});

describe("the bill of materials", () => {
  interface Component {
    group?: string;
    name: string;
    version?: string;
    purl?: string;
    "bom-ref": string;
    licenses: { license?: { id: string } }[];
    hashes?: { alg: string; content: string }[];
    components?: Component[];
  }
  const text = read("dist/abs.cdx.json");
  const bill = JSON.parse(text) as {
    bomFormat: string;
    specVersion: string;
    metadata: { component: Component };
    components: Component[];
    dependencies: { ref: string; dependsOn?: string[] }[];
  };
  const nameOf = ({ group, name }: Component): string => (group === undefined ? name : `${group}/${name}`);
  const listed = bill.components.map((one) => `${nameOf(one)} ${one.version}`);

  it("is CycloneDX, of this package at its version", () => {
    const { name, version } = JSON.parse(read("package.json")) as { name: string; version: string };
    expect([bill.bomFormat, bill.specVersion]).toEqual(["CycloneDX", "1.6"]);
    expect(bill.metadata.component).toMatchObject({ name, version, purl: `pkg:npm/${name}@${version}` });
  });

  it("lists what has its licence in the package, and nothing else", () => {
    const licences = read("dist/library/THIRD-PARTY-LICENSES.txt");
    const sections = licences.split(/^-{80}$/m).map((section) => section.trim().split("\n", 1)[0] as string);
    expect([...listed].sort()).toEqual(sections.sort());
    expect(listed.length).toBeGreaterThan(5);
  });

  it("says for each what it is, by hash, address and licence", () => {
    const locked = new Map(packagesOf("package-lock.json"));
    for (const component of bill.components) {
      const name = nameOf(component);
      const { integrity = "", hasInstallScript } = locked.get(`node_modules/${name}`) ?? {};
      const content = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex");
      expect(component.hashes, name).toEqual([{ alg: "SHA-512", content }]);
      expect(component.purl, name).toBe(`pkg:npm/${name.replace("@", "%40")}@${component.version}`);
      expect(component.licenses[0]?.license?.id, name).toMatch(/^(MIT|BSD-3-Clause|Apache-2\.0)$/);
      expect(hasInstallScript, name).toBeUndefined();
    }
    const webp = bill.components.find(({ name }) => name === "webp");
    expect(webp?.components).toMatchObject([{ name: "libwebp", licenses: [{ license: { id: "BSD-3-Clause" } }] }]);
    const [whole] = bill.dependencies.filter(({ ref }) => ref === bill.metadata.component["bom-ref"]);
    expect([...(whole?.dependsOn ?? [])].sort()).toEqual(bill.components.map((one) => one["bom-ref"]).sort());
  });

  it("has nothing in it that changes from build to build", () => {
    expect(text).not.toMatch(/timestamp|serialNumber/);
  });
});

describe("what is known against packages", () => {
  const shipped = new Set(["fflate"]);

  it("keeps a release from being made where it is grave and shipped, and is told elsewhere", () => {
    const known = {
      fflate: { severity: "high", range: "<1.0.0" },
      vite: { severity: "critical", range: "<2" },
    };
    expect(findings(known, shipped)).toEqual({
      problems: ["fflate <1.0.0: high (shipped)"],
      notes: ["vite <2: critical (a tool, not shipped)"],
    });
    expect(findings({ fflate: { severity: "moderate" } }, shipped)).toEqual({
      problems: [],
      notes: ["fflate *: moderate (shipped)"],
    });
    expect(findings({}, shipped)).toEqual({ problems: [], notes: [] });
  });

  it("names a package that is not what was signed", () => {
    expect(signatureProblems([{ name: "a", version: "1.0.0" }])).toEqual(["a 1.0.0 is not what the registry signed"]);
  });
});

describe("two builds", () => {
  it("differ in files that are in one only, and in those of other bytes", () => {
    const one = new Map([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    const other = new Map([
      ["a", "1"],
      ["b", "3"],
      ["d", "4"],
    ]);
    expect(differences(one, one)).toEqual([]);
    expect(differences(one, other)).toEqual(["b", "c", "d"]);
  });
});

describe.each(readdirSync(new URL(".github/workflows/", root)))("the workflow %s", (name) => {
  const text = read(`.github/workflows/${name}`);

  it("pins its actions by their commits, and gives no permission to all of its jobs", () => {
    const uses = text.split("\n").filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(text).toMatch(/^permissions: \{\}$/m);
    expect(text).not.toMatch(/pull_request_target|secrets\./);
  });
});
