import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { encode as encodePng } from "fast-png";
import { describe, expect, it, vi } from "vitest";
import { createClassifier, preprocess } from "../../src/entries/node.ts";
import { handmadePng } from "../files/handmade-files.ts";
import { ask, post, ROOT, SERVICES, whileRunning } from "../support/running-service.ts";
import { skipWithout } from "../support/runtimes.ts";
import { map, PGM, pixels, RAW } from "../support/service.ts";
import { BODY_TIME, CONNECTION_TIME, postWithoutEnd, SLOWNESSES, sendSlowly } from "../support/slow-clients.ts";

// The examples' services in the runtimes that they are for; service.test.ts has the details of their answers.

/** Of each kind of slowness. */
const SLOW_CLIENTS = 20;

describe.concurrent.each(SERVICES)("examples/$name in $runtime", (service) => {
  it("answers as the library does, refuses what is bad and goes on", async ({ expect, skip }) => {
    skipWithout(service.runtime, service.program, skip);
    const abs = await createClassifier();
    const { label, name, confidence, rejected, probabilities } = abs.classify(pixels);
    const wanted = { label, name, confidence, rejected, probabilities: [...probabilities] };
    const bomb = handmadePng({ width: 9, height: 9, depth: 8, colourType: 0, rows: new Uint8Array(90_000_000) });
    await whileRunning(service, async ({ address, port }) => {
      const good = () => post(address, map, PGM).then((response) => response.json());
      // All of them make the classifier, which is not there yet.
      for (const answer of await Promise.all([good(), good(), good()])) expect(answer).toEqual(wanted);

      const frame = encodePng({ data: pixels, width: 28, height: 28, channels: 1 }) as Uint8Array<ArrayBuffer>;
      // It is a decoder's drawing, too soft to pass for one of MNIST's.
      const drawn = abs.classify(preprocess({ data: pixels, width: 28, height: 28, channels: 1 }).image);
      const wantedOfPicture = {
        label: drawn.label,
        name: drawn.name,
        confidence: drawn.confidence,
        rejected: drawn.rejected,
        probabilities: [...drawn.probabilities],
      };
      expect(await (await post(address, frame, "image/png")).json()).toEqual(wantedOfPicture);
      const photograph = readFileSync(new URL("../../examples/images/three-photograph.jpg", import.meta.url));
      const seen = await (await post(address, new Uint8Array(photograph), "image/jpeg")).json();
      expect(seen).toMatchObject({ label: 3 });
      const list = JSON.stringify([
        { image: `data:image/png;base64,${Buffer.from(frame).toString("base64")}` },
        photograph.toString("base64"),
      ]);
      expect(await (await post(address, list, "application/json")).json()).toEqual({
        results: [wantedOfPicture, seen],
      });
      const [met, error] = await post(address, new Uint8Array(bomb), "image/png").then(async (answer) => [
        answer.status,
        await answer.json(),
      ]);
      expect([met, error]).toEqual([
        400,
        { error: "the PNG's pixel data unpack to more than the 90 bytes that its size needs" },
      ]);

      const bad = await post(address, new Uint8Array(5), RAW);
      expect([bad.status, await bad.json()]).toEqual([
        400,
        { error: "got 5 bytes, wanted 784 (28×28), or a multiple for several images" },
      ]);
      expect((await post(address, "{", "text/plain")).status).toBe(415);
      expect((await post(address, new Uint8Array(70_000), RAW)).status).toBe(413);
      expect(await postWithoutEnd(port)).toBe("HTTP/1.1 413 Payload Too Large");
      const put = await ask(address, { method: "PUT", body: "x" });
      expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
      expect(await good()).toEqual(wanted);
    });
  });

  it("cuts those who are slow, and serves the others meanwhile", async ({ expect, skip }) => {
    skipWithout(service.runtime, service.program, skip);
    await whileRunning(service, async ({ address, port }) => {
      const slow = Array.from({ length: SLOW_CLIENTS }, () =>
        SLOWNESSES.map(async (slowness) => ({ ...slowness, ...(await sendSlowly(port, slowness)) })),
      ).flat();
      let done = false;
      const all = Promise.all(slow).finally(() => {
        done = true;
      });
      let served = 0;
      while (!done) {
        const response = await post(address, map, PGM);
        expect(await response.json()).toMatchObject({ label: 3 });
        served += 1;
        await wait(100);
      }
      expect(served).toBeGreaterThan(20);
      for (const { kind, wanted, answer, took } of await all) {
        expect(answer, kind).toMatch(wanted);
        expect(took, kind).toBeLessThan(CONNECTION_TIME);
        if (/ 408 /.test(answer)) expect(took, kind).toBeGreaterThan(BODY_TIME - 1000);
      }
    });
  }, 120_000);

  it("logs a line for each request, and lets the pages see answers that it is told to", async ({ expect, skip }) => {
    skipWithout(service.runtime, service.program, skip);
    const origin = "https://digits.example";
    await whileRunning(
      service,
      async ({ address, printed }) => {
        const asked = { headers: { origin, "x-request-id": "test-1" } };
        const { status, headers } = await ask(`${address}health`, asked);
        expect([status, headers.get("access-control-allow-origin"), headers.get("x-request-id")]).toEqual([
          200,
          origin,
          "test-1",
        ]);
        expect(
          (await ask(address, { headers: { origin: "https://evil.example" } })).headers.get(
            "access-control-allow-origin",
          ),
        ).toBeNull();
        const entry = await vi.waitFor(
          () =>
            JSON.parse(
              printed()
                .split("\n")
                .find((line) => line.includes('"test-1"')) ?? "",
            ) as object,
        );
        expect(entry).toMatchObject({ id: "test-1", method: "GET", path: "/health", status: 200 });
      },
      { ALLOWED_ORIGINS: origin },
    );
  });
});

describe.each(SERVICES.filter(({ name }) => name === "deno-deploy"))("examples/$name in $runtime", (service) => {
  it("is reached from this machine alone", async ({ skip }) => {
    skipWithout(service.runtime, service.program, skip);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === "IPv4" && !one.internal);
    if (outside === undefined) return skip("this machine has no other address");
    await whileRunning(service, async ({ port }) => {
      const socket = connect(port, outside.address);
      const outcome = await once(socket, "connect").then(
        () => "reached",
        (error: NodeJS.ErrnoException) => error.code,
      );
      socket.destroy();
      expect(outcome).toBe("ECONNREFUSED");
    });
  });

  it("ends on SIGTERM, after what it has begun", async ({ skip }) => {
    skipWithout(service.runtime, service.program, skip);
    await whileRunning(service, async ({ address, stop }) => {
      let send: (piece: Uint8Array) => void = () => {};
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(map.subarray(0, 100));
          send = (piece) => {
            controller.enqueue(piece);
            controller.close();
          };
        },
      });
      const begun = post(address, body, PGM);
      await wait(300);
      const ended = stop("SIGTERM");
      await wait(300);
      send(map.subarray(100));
      expect(await (await begun).json()).toMatchObject({ label: 3 });
      await ended;
      await vi.waitFor(() => expect(ask(address)).rejects.toThrow(), { timeout: 5000, interval: 100 });
    });
  });

  it.each<[Record<string, string>, string]>([
    [{ PORT: "99999" }, "PORT: got 99999, wanted a number from 0 to 65535"],
    [{ PORT: "http" }, "PORT: got http, wanted a number from 0 to 65535"],
    [
      { ALLOWED_ORIGINS: "example.org" },
      "allowed origins: got example.org, wanted * or origins such as https://example.org",
    ],
  ])("refuses %j", ({ ...settings }, message) => {
    if (service.program === undefined) return;
    const env = { ...process.env, NO_COLOR: "1", ...settings };
    const { status, stderr } = spawnSync(service.program, service.words(0), { cwd: ROOT, env, encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });
});
