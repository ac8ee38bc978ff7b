import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { entryFor } from "../../support/packed.ts";
import { bytesLoaded, installedProgram, type Stage } from "../stage.ts";
import type { SuiteResult } from "../suite.mjs";
import type { Host, Outcome } from "./host.ts";

const run = promisify(execFile);
const COMPATIBILITY_DATE = "2026-01-01";

/** Cloudflare's runtime, which compiles no bytes while a program runs: it is given the modules by a configuration. */
export const workerdHost: Host = {
  name: "workerd",
  missing: () => (installedProgram("workerd") === undefined ? "workerd is not installed for this platform" : undefined),
  async run(stage: Stage): Promise<Outcome> {
    const program = installedProgram("workerd") as string;
    const entry = entryFor(stage.packageFolder, ".", ["workerd", "browser", "import"]);
    writeFileSync(join(stage.folder, "workerd.capnp"), configuration(stage, entry));
    const { stdout } = await run(program, ["test", "workerd.capnp"], {
      cwd: stage.folder,
      timeout: 300_000,
      maxBuffer: 2 ** 24,
    });
    const line = stdout.split("\n").find((text) => text.startsWith("{"));
    if (line === undefined) throw new Error(`workerd printed no result: ${stdout}`);
    const version = (await run(program, ["--version"])).stdout.trim().replace(/^workerd /, "");
    return { ...(JSON.parse(line) as SuiteResult), version, entry, bytes: bytesLoaded(stage, entry, true) };
  },
};

function configuration({ folder, packageFolder }: Stage, entry: string): string {
  const place = "node_modules/analysis-by-synthesis/dist";
  // worker.mjs imports a fixed name, which passes everything on from the entry chosen.
  const forward = `export * from "./${entry.replace("./dist/", "")}";`;
  writeFileSync(join(folder, "forward.mjs"), forward);
  const shared = [...readFileSync(join(packageFolder, entry), "utf8").matchAll(/from ['"](\.\/[^'"]+)['"]/g)].map(
    ([, path]) => (path as string).slice(2),
  );
  const files = [...new Set(shared), entry.replace("./dist/library/", "")];
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .main)]);
const main :Workerd.Worker = (
  compatibilityDate = "${COMPATIBILITY_DATE}",
  modules = [
    (name = "worker.mjs", esModule = embed "worker.mjs"),
    (name = "suite.mjs", esModule = embed "suite.mjs"),
    (name = "package/library.mjs", esModule = embed "forward.mjs"),
${files.map((file) => `    (name = "package/library/${file}", esModule = embed "${place}/library/${file}"),`).join("\n")}
    (name = "package/abs.wasm", wasm = embed "${place}/abs.wasm"),
  ],
);
`;
}
