import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { attack, directory, essence, interruptedAfter, useDataSet, words } from "./attacked-data-set.ts";
import { run } from "./fake-classifier.ts";

useDataSet();

describe("abs attack --shard and abs merge", () => {
  async function shards(count: number, ...more: string[]): Promise<string[]> {
    return await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const { stdout } = await run(words("--json", "--shard", `${index}/${count}`, ...more));
        return await directory.write(`${count}-${index}${more.join("")}.json`, stdout);
      }),
    );
  }

  it.each([1, 2, 5])("join %i shards to what one run finds", async (count) => {
    const { code, stdout, stderr } = await run(["merge", "--json", ...(await shards(count)).toReversed()]);
    expect([code, stderr]).toEqual([0, ""]);
    const { shards: joined, ...merged } = essence(JSON.parse(stdout)) as { shards: number };
    expect(joined).toBe(count);
    expect(merged).toEqual(essence(await attack()));
  });

  it("write the same report, but for how it was made", async () => {
    const out = join(directory.path, "merged.html");
    const text = await run(["merge", ...(await shards(3)), "--out", out]);
    expect(text.stdout).toMatch(/\njoined from 3 shards\n.*merged\.html: report\n$/);
    const alone = join(directory.path, "alone.html");
    await attack("--out", alone);
    const body = async (path: string): Promise<string> =>
      (await readFile(path, "utf8")).replace(/<h2>How this was made[\s\S]*$/, "").replace(/<td>[^<]*<\/td><\/tr>/g, "");
    expect(await body(out)).toBe(await body(alone));
  });

  it("refuse what does not belong together", async () => {
    const [first, second, third] = (await shards(3)) as [string, string, string];
    const seeded = (await shards(3, "--seed=1"))[1] as string;
    const narrow = (await shards(3, "--norm=l2"))[1] as string;
    const whole = await directory.write("whole.json", (await run(words("--json"))).stdout);
    const evaluated = await run(["evaluate", "--data", directory.path, "--json", "--shard", "1/3"]);
    const evaluation = await directory.write("evaluation.json", evaluated.stdout);
    const interrupted = await run(words("--json", "--shard", "1/3"), interruptedAfter(10));
    const partial = await directory.write("partial.json", interrupted.stdout);
    const cases: [string[], RegExp][] = [
      [[first, third], /shard 1 of 3 is missing/],
      [[first, second, second, third], /shard 1 of 3 is there twice/],
      [[first, seeded, third], /seed is 1, but 0 in/],
      [[first, narrow, third], /plan is \[\{"norm":"l2".*, but \[\{"norm":"linf"/],
      [[first, whole, third], /whole\.json: is not what "abs attack --shard INDEX\/COUNT --json" prints/],
      [[first, evaluation, third], /evaluation\.json: is not of "abs attack", but .*3-0\.json is/],
      [[first, partial, third], /partial\.json: is of attacks that were interrupted/],
    ];
    for (const [files, message] of cases) {
      const { code, stdout, stderr } = await run(["merge", ...files]);
      expect(stderr).toMatch(message);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });

  it("refuse documents with results that there cannot be", async () => {
    const [file] = (await shards(1)) as [string];
    const document = JSON.parse(await readFile(file, "utf8"));
    const [result] = document.results;
    for (const change of [
      { results: null },
      { results: [{ ...result, distance: -1 }] },
      { results: document.results.slice(1) },
      { results: [...document.results, result] },
      { gallery: [{ ...document.gallery[0], changed: "" }] },
      { plan: [{ norm: "l3", attacks: [] }] },
      { classes: [1] },
      { images: "12" },
    ]) {
      const changed = await directory.write("changed.json", JSON.stringify({ ...document, ...change }));
      const { code, stdout } = await run(["merge", changed]);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });
});
