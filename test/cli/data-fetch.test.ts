import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Invocation } from "../../src/cli/command.ts";
import { dataFetchCommandFor } from "../../src/cli/data-fetch.ts";
import { fetchDataFiles } from "../../src/cli/download.ts";
import { type DataFile, MNIST_FILES } from "../../src/cli/mnist-files.ts";
import { temporaryDirectory } from "../files/handmade-files.ts";
import { FAKE_ATTACKS } from "./fake-attacks.ts";
import { Collector, FakeClassifier, FakeThreads, NO_DEMO, run } from "./fake-classifier.ts";

const CONTENT = Buffer.from("what the file holds, unpacked ".repeat(50));
const PACKED = gzipSync(CONTENT);
const FILE: DataFile = {
  name: "some-ubyte.gz",
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
  bytes: CONTENT.length,
};
const OTHER = gzipSync(Buffer.from("x".repeat(CONTENT.length)));

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const servers: Server[] = [];
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  await directory.remove();
});

/** Starts a server on this machine and returns its address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mnist/`;
}

const good: RequestListener = (request, response) => {
  response.statusCode = request.url === `/mnist/${FILE.name}` ? 200 : 404;
  response.end(PACKED);
};
const missing: RequestListener = (_, response) => {
  response.statusCode = 404;
  response.end("no");
};

async function fetchFrom(mirrors: readonly string[], stallMilliseconds = 5000) {
  const problems: string[] = [];
  const [result] = await fetchDataFiles({
    directory: directory.path,
    mirrors,
    files: [FILE],
    onMirrorFailed: (message) => problems.push(message),
    startProgress: () => ({ report: () => undefined, stop: () => undefined }),
    stallMilliseconds,
  });
  return { result, problems };
}

describe("downloading", () => {
  it("writes the file as it came and leaves nothing else", async () => {
    const mirror = await serve(good);
    const { result, problems } = await fetchFrom([mirror]);
    expect(result).toMatchObject({ outcome: "downloaded", mirror });
    expect(problems).toEqual([]);
    expect(await readdir(directory.path)).toEqual([FILE.name]);
    expect(await readFile(join(directory.path, FILE.name))).toEqual(PACKED);
  });

  it("skips a file that is right and replaces one that is wrong", async () => {
    let requests = 0;
    const mirror = await serve((request, response) => {
      ++requests;
      good(request, response);
    });
    await writeFile(join(directory.path, FILE.name), OTHER);
    expect((await fetchFrom([mirror])).result?.outcome).toBe("downloaded");
    expect((await fetchFrom([mirror])).result?.outcome).toBe("already there");
    expect(requests).toBe(1);
  });

  it("tries the next mirror after a 404", async () => {
    const [first, second] = [await serve(missing), await serve(good)];
    const { result, problems } = await fetchFrom([first, second]);
    expect(result).toMatchObject({ outcome: "downloaded", mirror: second });
    expect(problems).toEqual([`${first}${FILE.name}: the server answers 404 Not Found`]);
  });

  it.each<[string, RequestListener, RegExp]>([
    ["other content", (_, response) => response.end(OTHER), /SHA-256 [0-9a-f]{64}, wanted [0-9a-f]{64}/],
    ["a page instead of a file", (_, response) => response.end("<html>"), /does not unpack/],
    ["a file cut short by the server", (_, response) => response.end(PACKED.subarray(0, -12)), /does not unpack/],
    [
      "a connection that breaks",
      (_, response) => {
        response.setHeader("content-length", PACKED.length);
        response.write(PACKED.subarray(0, 20));
        setTimeout(() => response.destroy(), 20);
      },
      /closed|terminated|aborted/,
    ],
    ["endless data", (_, response) => response.end(Buffer.alloc(300_000)), /more than the 67036 bytes/],
    ["a gzip bomb", (_, response) => response.end(gzipSync(Buffer.alloc(9_000_000))), /does not unpack/],
    ["silence", (_, response) => response.write("x"), /no data for 0.2 s/],
  ])("refuses %s and writes nothing", async (name, listener, message) => {
    const { result, problems } = await fetchFrom([await serve(listener)], name === "silence" ? 200 : undefined);
    expect(result?.outcome).toBe("failed");
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(message);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it("says when no server answers", async () => {
    const { result, problems } = await fetchFrom(["http://127.0.0.1:1/"]);
    expect(result?.outcome).toBe("failed");
    expect(problems[0]).toMatch(/http:\/\/127\.0\.0\.1:1\/some-ubyte\.gz: .+/);
  });
});

describe("abs data fetch", () => {
  async function runCommand(words: readonly string[]) {
    const command = dataFetchCommandFor([FILE]);
    const [stdout, stderr] = [new Collector(), new Collector()];
    const code = await command.run(new Invocation(command, words), {
      stdin: Readable.from([]),
      stdout,
      stderr,
      variables: {},
      version: "1.2.3",
      createClassifier: async () => new FakeClassifier(),
      createThreads: async (count, settings) => new FakeThreads(count, settings),
      attacks: FAKE_ATTACKS,
      demo: NO_DEMO,
      listenForSignals: () => ({ signal: new AbortController().signal, stop: () => undefined }),
    });
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  it("reports every file, as text and as JSON", async () => {
    const mirror = await serve(good);
    const path = join(directory.path, "new", FILE.name);
    const text = await runCommand([join(directory.path, "new"), "--mirror", mirror]);
    expect(text).toEqual({ code: 0, stdout: `${path}: downloaded\n`, stderr: "" });
    const json = await runCommand([join(directory.path, "new"), "--mirror", mirror.slice(0, -1), "--json"]);
    expect(JSON.parse(json.stdout).files).toEqual([{ file: FILE.name, path, outcome: "already there" }]);
  });

  it("names the directory or the file that cannot be made", async () => {
    const mirror = await serve(good);
    await directory.write("file", "file");
    const inFile = await run(["data", "fetch", join(directory.path, "file", "data")]);
    expect(inFile).toMatchObject({ code: 1, stdout: "" });
    expect(inFile.stderr).toMatch(/^abs data fetch: .*\/file\/data: cannot be written: .* not a directory\n$/);
    const onFile = await run(["data", "fetch", join(directory.path, "file")]);
    expect(onFile.stderr).toMatch(/\/file: is there already and is no directory\n$/);
    // A directory of the file's name is neither read nor replaced.
    await mkdir(join(directory.path, FILE.name));
    await expect(runCommand([directory.path, "--mirror", mirror])).rejects.toThrow(
      `${FILE.name}: is a directory; a file is wanted`,
    );
  });

  it("does not wait at a pipe of the file's name", async () => {
    execFileSync("mkfifo", [join(directory.path, FILE.name)]);
    await expect(runCommand([directory.path, "--mirror", await serve(good)])).rejects.toThrow(
      /is a pipe; a regular file/,
    );
  });

  it("fails when a file cannot be had", async () => {
    const { code, stdout, stderr } = await runCommand([directory.path, "--mirror", await serve(missing)]);
    expect(code).toBe(1);
    expect(stdout).toContain("failed");
    expect(stderr).toContain("abs data fetch: http://127.0.0.1:");
  });

  it("knows MNIST's four files", () => {
    expect(MNIST_FILES.map(({ bytes }) => bytes)).toEqual([16 + 60000 * 784, 8 + 60000, 16 + 10000 * 784, 8 + 10000]);
    for (const { sha256 } of MNIST_FILES) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  });
});
