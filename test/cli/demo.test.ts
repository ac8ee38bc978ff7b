import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Collector, NO_DEMO, run } from "./fake-classifier.ts";

// The command and its server, on a page of three files without the module, as the package has it.

const folder = mkdtempSync(join(tmpdir(), "abs-demo-"));
const demo = { folder: join(folder, "demo"), module: join(folder, "abs.wasm") };
const FILES = {
  "index.html": "<!doctype html><title>demo</title>",
  "service-worker.js": "self;",
  "assets/index-a_B-1.js": "1;",
};

beforeAll(() => {
  mkdirSync(join(demo.folder, "assets"), { recursive: true });
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(demo.folder, name), content);
  writeFileSync(demo.module, "module");
  writeFileSync(join(folder, "secret.txt"), "secret");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command until `look` has seen what it serves. */
async function serving(words: readonly string[], look: (address: string) => Promise<void>) {
  const controller = new AbortController();
  const stdout = new Collector();
  let isStopped = false;
  const ended = run(["demo", ...words], {
    demo,
    stdout,
    listenForSignals: () => ({
      signal: controller.signal,
      stop: () => {
        isStopped = true;
      },
    }),
  });
  let address: string | undefined;
  while (address === undefined) {
    await new Promise((resolve) => setImmediate(resolve));
    address = /http:\/\/[^/"]+\//.exec(stdout.text)?.[0];
  }
  try {
    await look(address);
  } finally {
    controller.abort("SIGINT");
  }
  const { code } = await ended;
  expect([code, isStopped]).toEqual([0, true]);
  await expect(fetch(address)).rejects.toThrow();
  return stdout.text;
}

/** The status of a path that is sent as it stands; `fetch` would tidy it first. */
async function statusOf(address: string, path: string): Promise<string> {
  const socket = connect(Number(new URL(address).port), "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  return String(answer).split(" ", 2)[1] as string;
}

describe("abs demo", () => {
  it("serves the page, and the module from where the package has it, until it is told to end", async () => {
    const printed = await serving(["--port", "0"], async (address) => {
      const wanted = [
        ["", FILES["index.html"], "text/html; charset=utf-8", "no-cache"],
        ["index.html?x=1", FILES["index.html"], "text/html; charset=utf-8", "no-cache"],
        ["service-worker.js", FILES["service-worker.js"], "text/javascript; charset=utf-8", "no-cache"],
        ["assets/index-a_B-1.js", "1;", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
        ["assets/abs-Cb_x-1.wasm", "module", "application/wasm", "public, max-age=31536000, immutable"],
      ];
      for (const [path, content, type, kept] of wanted) {
        const response = await fetch(new URL(path as string, address));
        const { headers } = response;
        expect([
          response.status,
          await response.text(),
          headers.get("content-type"),
          headers.get("cache-control"),
        ]).toEqual([200, content, type, kept]);
        const again = await fetch(new URL(path as string, address), {
          headers: { "if-none-match": headers.get("etag") as string },
        });
        expect([again.status, await again.text()]).toEqual([304, ""]);
        const head = await fetch(new URL(path as string, address), { method: "HEAD" });
        expect([head.status, head.headers.get("content-length")]).toEqual([200, String((content as string).length)]);
      }
      expect((await fetch(address, { method: "POST", body: "x" })).status).toBe(405);
    });
    expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\nCtrl-C ends it\.\n$/);
  });

  it("gives nothing else, whatever a path is made of", async () => {
    await serving(["--port", "0", "--json"], async (address) => {
      for (const path of [
        "/assets",
        "/assets/",
        "/assets/other-1.wasm",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "//secret.txt",
        "/\\..\\secret.txt",
        "/assets/abs-1.wasm/../../secret.txt",
        "/constructor",
        "constructor",
        "/%",
      ]) {
        expect(await statusOf(address, path), path).toMatch(/^40[04]$/);
      }
      expect((await fetch(address)).status).toBe(200);
    });
  });

  it("prints its address as JSON", async () => {
    const printed = await serving(["--port", "0", "--json"], async () => undefined);
    expect(Object.keys(JSON.parse(printed))).toEqual(["address"]);
  });

  it("says why it cannot listen, and on what", async () => {
    await serving(["--port", "0"], async (address) => {
      const { port } = new URL(address);
      const { code, stderr } = await run(["demo", "--port", port], { demo });
      expect(code).toBe(1);
      expect(stderr).toBe(
        `abs demo: cannot listen on 127.0.0.1, port ${port}: another program listens there; --port 0 takes any port that is free\n`,
      );
    });
    // Addresses of this block are in documents only (RFC 5737).
    const { code, stderr } = await run(["demo", "--host", "192.0.2.1", "--port", "0"], { demo });
    expect(code).toBe(1);
    expect(stderr).toBe("abs demo: cannot listen on 192.0.2.1, port 0: this machine has no such address\n");
  });

  it.each([
    [["--port", "65536"], "--port wants at most 65535, got 65536"],
    [["--port", "x"], '--port wants a whole number from 0, got "x"'],
    [["--host", ""], "--host wants a name or an address, got nothing"],
    [["more"], 'unexpected argument "more": demo wants none'],
  ])("refuses %j", async (words, message) => {
    const { code, stderr } = await run(["demo", ...words], { demo });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("says that the page was not built", async () => {
    const { code, stderr } = await run(["demo", "--port", "0"], { demo: NO_DEMO });
    expect([code, stderr]).toEqual([
      1,
      "abs demo: no demo here: has no index.html; `npm run build` makes it in a checkout\n",
    ]);
  });
});
