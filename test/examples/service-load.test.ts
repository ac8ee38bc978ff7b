import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { SERVICES, whileRunning } from "../support/running-service.ts";
import { skipWithout } from "../support/runtimes.ts";
import { goodRequests, hostileRequests, loadService } from "../support/service-load.ts";

// A short form of bench/services.ts, one service after the other.

/** Bytes that a service may hold: well above the most that docs/reliability.md tells of, and much less than the bombs unpack to. */
const MOST_MEMORY = 1.25 * 2 ** 30;

describe.each(SERVICES)("examples/$name in $runtime, under load", (service) => {
  it("answers right beside bombs, false claims and uploads that break off or never end", async ({ skip }) => {
    skipWithout(service.runtime, service.program, skip);
    await whileRunning(service, async (running) => {
      const picture = readFileSync(new URL("../../examples/numbers/postcode-80336.png", import.meta.url));
      const good = await goodRequests(running.address, picture);
      const found = await loadService(running, good, hostileRequests(), { seconds: 4, connections: 4 });
      expect(found.wrong).toEqual([]);
      expect(found.broken).toBe(0);
      expect(found.good).toBeGreaterThan(1);
      for (const status of ["200", "400", "413", "415"]) expect(found.byStatus[status]).toBeGreaterThan(0);
      expect(found.mostMemory ?? 0).toBeLessThan(MOST_MEMORY);
      // Nothing of it stays.
      expect((await loadService(running, good, [], { seconds: 1, connections: 1 })).wrong).toEqual([]);
    });
  });
});
