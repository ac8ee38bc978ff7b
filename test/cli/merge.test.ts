import { readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseShard, shardOf } from "../../src/cli/shards.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { run } from "./fake-classifier.ts";

const COUNT = 97;
const LABELS = Uint8Array.from({ length: COUNT }, (_, index) => (index * 7) % 10);
const IMAGES = Uint8Array.from({ length: COUNT * 784 }, (_, index) =>
  index % 784 === 0 ? (index / 784) % 10 : index % 5 === 0 ? 90 : 0,
);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeAll(async () => {
  directory = await temporaryDirectory();
  await directory.write("t10k-images-idx3-ubyte.gz", gzipSync(idxBytes([COUNT, 28, 28], IMAGES)));
  await directory.write("t10k-labels-idx1-ubyte", idxBytes([COUNT], LABELS));
});
afterAll(() => directory.remove());

const evaluate = (...words: string[]) => run(["evaluate", "--data", directory.path, "--json", ...words]);

/** The files of a whole evaluation in `count` shards. */
async function shards(count: number, ...words: string[]): Promise<string[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { code, stdout } = await evaluate("--shard", `${index}/${count}`, ...words);
      expect(code).toBe(0);
      return await directory.write(`${count}-${index}${words.join("")}.json`, Buffer.from(stdout));
    }),
  );
}

describe("abs evaluate --shard", () => {
  it("divides the images into consecutive parts that differ by one at most", () => {
    for (const count of [1, 2, 3, 10, 97]) {
      const parts = Array.from({ length: count }, (_, index) => shardOf({ start: 3, stop: 100 }, { index, count }));
      expect(parts.map(({ start }) => start).slice(1)).toEqual(parts.map(({ stop }) => stop).slice(0, -1));
      expect([parts[0]?.start, parts.at(-1)?.stop]).toEqual([3, 100]);
      const lengths = parts.map(({ start, stop }) => stop - start);
      expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1);
    }
  });

  it.each(["1", "2/2", "-1/2", "0/0", "a/b", "0/1000000"])("refuses %s", async (text) => {
    expect(() => parseShard(text)).toThrow(`got "${text}"`);
    expect((await evaluate(`--shard=${text}`)).code).toBe(2);
  });

  it("refuses a shard of nothing", async () => {
    const { code, stderr } = await evaluate("--limit", "2", "--shard", "0/3");
    expect(code).toBe(2);
    expect(stderr).toMatch(/--shard 0\/3 leaves this shard none of 2 images/);
  });
});

describe("abs merge", () => {
  it.each([1, 2, 5])("joins %i shards to what one run prints, digest included", async (count) => {
    const files = await shards(count, "--offset", "4", "--limit", "80");
    const merged = await run(["merge", "--json", ...files.toReversed()]);
    expect(merged.code).toBe(0);
    const joined = JSON.parse(merged.stdout);
    const whole = JSON.parse((await evaluate("--offset", "4", "--limit", "80")).stdout);
    expect(joined.shards).toBe(count);
    for (const name of ["shards", "millisecondsPerImage"]) delete joined[name];
    expect(whole).toMatchObject(joined);
    expect(Object.keys(whole).filter((name) => !(name in joined))).toEqual([
      "data",
      "workers",
      "timedOverChunksOf",
      "millisecondsPerImage",
      "imagesPerSecond",
    ]);
  });

  it("prints a table with the digest", async () => {
    const { stdout } = await run(["merge", ...(await shards(3))]);
    expect(stdout).toMatch(/accuracy +\d+\.\d\d % \(\d+ of 97;/);
    expect(stdout).toMatch(/\ndigest +[0-9a-f]{64}, of 3 shards\n/);
  });

  it("has another digest for other images in other places", async () => {
    const digestOf = async (...words: string[]): Promise<string> =>
      JSON.parse((await evaluate(...words)).stdout).digest;
    const digests = [await digestOf("--limit", "10"), await digestOf("--offset", "10", "--limit", "10")];
    expect(new Set(digests).size).toBe(2);
  });

  it("refuses counts that there cannot be", async () => {
    const [file] = (await shards(1)) as [string];
    const document = JSON.parse(await readFile(file, "utf8"));
    const { tally } = document;
    const changes: object[] = [
      { shard: { index: 0, count: 2 ** 53 } },
      { shard: { index: 0, count: 1e9 } },
      { shard: { index: -1, count: 1 } },
      { shard: null },
      { of: { start: 0, stop: -1 } },
      { of: { start: 5, stop: 4 } },
      { version: {} },
      { tally: null },
      { tally: { ...tally, names: "0123456789" } },
      { tally: { ...tally, names: tally.names.map(() => null) } },
      { tally: { ...tally, confusion: tally.confusion.slice(1) } },
      { tally: { ...tally, confusion: tally.confusion.map((row: number[]) => row.map(() => "1")) } },
      { tally: { ...tally, milliseconds: tally.milliseconds.map(() => "1") } },
      { tally: { ...tally, rejected: -1 } },
      { tally: { ...tally, digest: [tally.digest] } },
    ];
    for (const change of changes) {
      const changed = await directory.write("changed.json", JSON.stringify({ ...document, ...change }));
      const { code, stderr } = await run(["merge", changed]);
      expect(stderr).toMatch(/changed\.json: is not what "abs evaluate --shard INDEX\/COUNT --json" prints/);
      expect(code).toBe(1);
    }
    const large = await directory.write("large.json", new Uint8Array(2 ** 25 + 1).fill(0x20));
    expect((await run(["merge", large])).stderr).toContain("33554433 bytes, which is more than the 33554432");
  });

  it("names what is wrong with the shards", async () => {
    const [first, second, third] = (await shards(3)) as [string, string, string];
    const [other] = (await shards(2)) as [string];
    const quick = (await shards(3, "--effort=quick"))[1] as string;
    const part = (await shards(3, "--limit=60"))[1] as string;
    const noShard = await directory.write("whole.json", Buffer.from((await evaluate()).stdout));
    const noJson = await directory.write("text.json", Buffer.from("accuracy 99 %"));
    const cases: [string[], RegExp][] = [
      [[first, third], /shard 1 of 3 is missing/],
      [[first, second, second, third], /shard 1 of 3 is there twice/],
      [[first, quick, third], /effort is quick, but standard in/],
      [[first, part, third], /is of images 0 to 60, but .* of 0 to 97/],
      [[first, other], /is one of 2 shards, but .* one of 3/],
      [[first, noShard], /whole\.json: is not what "abs evaluate --shard INDEX\/COUNT --json" prints/],
      [[noJson], /text\.json: is no JSON/],
      [["nowhere.json"], /nowhere\.json: no such file/],
    ];
    for (const [files, message] of cases) {
      const { code, stderr } = await run(["merge", ...files]);
      expect(stderr).toMatch(message);
      expect(code).toBe(1);
    }
  });
});
