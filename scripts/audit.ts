import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./packing/package.ts";
import { type AuditReport, findings, type SignatureReport, signatureProblems } from "./release/findings.ts";

// Asks the registry what is known against the packages that the lockfile pins, and whether it signed them. Ends with 1 for what is
// known against a package that is shipped, at severity high or critical, and for a signature that is wrong. Where the registry
// answers no such questions, as mirrors often do not, it says so and ends with 0.
//
//   npm run audit

const bill = JSON.parse(readFileSync(join(ROOT, "dist/abs.cdx.json"), "utf8")) as {
  components: { group?: string; name: string }[];
};
const shipped = new Set(bill.components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`)));

const audit = ask<AuditReport>([]);
if (audit.vulnerabilities === undefined) {
  console.log(`npm audit: skipped, as the registry does not answer it (${reasonOf(audit)})`);
} else {
  const { problems, notes } = findings(audit.vulnerabilities, shipped);
  for (const note of notes) console.log(`npm audit: ${note}`);
  for (const problem of problems) console.error(`npm audit: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`npm audit: nothing high against the ${shipped.size} packages that are shipped`);
}

const signatures = ask<SignatureReport>(["signatures"]);
if (signatures.invalid === undefined) {
  console.log(`npm audit signatures: skipped, as the registry does not answer it (${reasonOf(signatures)})`);
} else {
  const problems = signatureProblems(signatures.invalid);
  for (const problem of problems) console.error(`npm audit signatures: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log("npm audit signatures: none is wrong");
}

interface Failure {
  message?: string;
  error?: { summary?: string; code?: string };
}

/** What `npm audit` prints as JSON; what it says on the error stream where it prints none. */
function ask<Report extends object>(words: readonly string[]): Partial<Report> & Failure {
  const { stdout, stderr } = spawnSync("npm", ["audit", ...words, "--json"], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 120_000,
    shell: process.platform === "win32",
  });
  try {
    return JSON.parse(stdout) as Partial<Report> & Failure;
  } catch {
    return { message: stderr.trim().split("\n", 1)[0] ?? "" } as Partial<Report> & Failure;
  }
}

/** Without addresses: which registry was asked is a matter of this machine. */
function reasonOf({ message, error }: Failure): string {
  return (error?.summary || message || error?.code || "no answer")
    .replace(/https?:\/\/\S+/g, "…")
    .split("\n", 1)[0] as string;
}
