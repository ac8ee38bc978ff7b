import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { writeWholeFile } from "../../src/files/write-whole-file.ts";
import { HOSTS, TIERS } from "./hosts/all.ts";
import type { Host, Outcome } from "./hosts/host.ts";
import { installReleases, installRuntimes, setUpStage } from "./stage.ts";

// Runs the suite in the runtimes named, or in all, and prints a table. Fails where a hash is not the one kept, where a
// runtime that was named is missing, and where one fails. Options:
//   --golden    keeps Node's hash as the one expected (test/golden/runtimes.json)
//   --document  writes the table into docs/runtimes.md
//   --tiers     runs the compilers of engines (hosts/tiers.ts) in place of all runtimes; with --document, their table

const GOLDEN = new URL("../golden/runtimes.json", import.meta.url);
const DOCUMENT = new URL("../../docs/runtimes.md", import.meta.url);
const HEADER = ["runtime", "version", "entry", "bytes loaded", "cold start", "per image, times Node", "hash"];
const HASH_LETTERS = 12;

const { values: options, positionals } = parseArgs({
  options: {
    golden: { type: "boolean", default: false },
    document: { type: "boolean", default: false },
    tiers: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const ALL = { ...HOSTS, ...TIERS };
const unknown = positionals.find((name) => ALL[name] === undefined);
if (unknown !== undefined) throw new Error(`unknown runtime ${unknown}, wanted ${Object.keys(ALL).join(", ")}`);
const all = Object.keys(options.tiers ? TIERS : HOSTS);
const chosen = positionals.length > 0 ? positionals : all;

installRuntimes();
if (chosen.some((name) => /^node-\d/.test(name))) installReleases();
const stage = setUpStage();
const failures: string[] = [];
const outcomes: { host: Host; outcome: Outcome | string }[] = [];
for (const name of new Set(["node", ...chosen])) {
  const host = ALL[name] as Host;
  const reason = host.missing();
  if (reason !== undefined) {
    outcomes.push({ host, outcome: `skipped: ${reason}` });
    console.error(`${host.name}: skipped: ${reason}`);
    if (positionals.includes(name)) failures.push(`${host.name}: ${reason}`);
    continue;
  }
  try {
    const outcome = await host.run(stage);
    console.error(`${host.name} ${outcome.version}: ${outcome.hash}`);
    outcomes.push({ host, outcome });
  } catch (error) {
    outcomes.push({ host, outcome: `failed: ${String(error).split("\n", 1)[0]}` });
    failures.push(`${host.name}: ${error instanceof Error ? error.message : error}`);
  }
}

const node = outcomes[0]?.outcome;
if (node === undefined || typeof node === "string") throw new Error(`nothing to compare with: Node ${node}`);
if (options.golden) {
  await writeWholeFile(
    GOLDEN,
    `${JSON.stringify({ hash: node.hash, losses: node.losses, labels: node.labels }, null, 2)}\n`,
  );
}
const golden = JSON.parse(readFileSync(GOLDEN, "utf8")) as { hash: string };
for (const { host, outcome } of outcomes) {
  if (typeof outcome !== "string" && outcome.hash !== golden.hash) {
    failures.push(`${host.name}: the hash is ${outcome.hash}, wanted ${golden.hash}`);
  }
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const table = [
  line(HEADER),
  line(HEADER.map(() => "---")),
  ...outcomes.map(({ host, outcome }) =>
    line(
      typeof outcome === "string"
        ? [host.name, outcome, ...HEADER.slice(2).map(() => "")]
        : [
            host.name,
            outcome.version,
            `\`${outcome.entry.replace("./dist/library/", "")}\``,
            outcome.bytes.toLocaleString("en-GB"),
            `${Math.round(outcome.coldStart)} ms`,
            (outcome.perImage / node.perImage).toFixed(2),
            `\`${outcome.hash.slice(0, HASH_LETTERS)}\``,
          ],
    ),
  ),
].join("\n");
console.log(table);
if (options.document) {
  const text = readFileSync(DOCUMENT, "utf8");
  const place = options.tiers ? "tiers" : "runtimes";
  const marked = new RegExp(`<!-- ${place} -->[\\s\\S]*<!-- /${place} -->`);
  if (!marked.test(text)) throw new Error("docs/runtimes.md has no place for the table");
  await writeWholeFile(DOCUMENT, text.replace(marked, `<!-- ${place} -->\n${table}\n<!-- /${place} -->`));
}
if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exitCode = 1;
}
