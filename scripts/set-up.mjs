// What `npm start`, `npm test` and `npm run check` run first: installs the dependencies and builds the package where
// either is missing or older than what it is made from. `npm pack` and `npm publish` run it with --rebuild, which builds in
// any case. Needs nothing but Node and npm.

import { ALL, bringUpToDate, changedAt, runNpm } from "./build-steps.mjs";

// Not `npm ci`: the lockfile lists only the platforms whose builds the registry had when it was written, and `npm ci`
// refuses it for the missing ones (npm/cli issue 9846). `--no-save` installs what it pins and leaves it untouched.
if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
  runNpm(["install", "--no-save", "--no-audit", "--no-fund"]);
}
if (process.argv.includes("--rebuild")) runNpm(["run", "build"]);
else bringUpToDate(ALL);
