import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { HOSTS_FROM_NPM } from "./hosts/all.ts";
import type { Host } from "./hosts/host.ts";
import { installRuntimes, type Stage, setUpStage } from "./stage.ts";
import { runSuite } from "./suite.mjs";

// The same bits in every runtime that npm installs. Those that Debian installs are run by `npx tsx test/runtimes/run.ts`,
// which also prints the hash expected here (--golden).

const golden = JSON.parse(readFileSync(new URL("../golden/runtimes.json", import.meta.url), "utf8")) as {
  hash: string;
  losses: number[];
  labels: number[];
};
const MINUTES = 60_000;

it("gives the bits expected in this process, from the sources", async () => {
  const { hash, losses, labels } = await runSuite(async () => ({ createClassifier }));
  // First what shows where a difference lies.
  expect(labels).toEqual(golden.labels);
  expect(losses).toEqual(golden.losses);
  expect(hash).toBe(golden.hash);
});

describe("the package installed from its tarball", () => {
  let stage: Stage;
  let installFailure: string | undefined;

  beforeAll(() => {
    try {
      installRuntimes();
    } catch (error) {
      installFailure = `the runtimes could not be installed: ${(error as Error).message}`;
    }
    stage = setUpStage();
  }, 10 * MINUTES);

  it.for<readonly [string, Host]>(Object.values(HOSTS_FROM_NPM).map((host) => [host.name, host]))(
    "gives the same bits in %s",
    { timeout: 5 * MINUTES },
    async ([name, host], { skip }) => {
      const reason = host.missing() ?? (name.startsWith("Node") ? undefined : installFailure);
      if (reason !== undefined) {
        console.warn(`${name}: skipped: ${reason}`);
        skip(reason);
      }
      const { hash, losses, labels, entry, version } = await host.run(stage);
      console.info(`${name} ${version}, ${entry}: ${hash}`);
      expect(labels).toEqual(golden.labels);
      expect(losses).toEqual(golden.losses);
      expect(hash).toBe(golden.hash);
    },
  );
});
