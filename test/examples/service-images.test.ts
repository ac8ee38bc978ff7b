import { describe, expect, it, vi } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { ADDRESS, METHODS, map, observedService, PGM, pixels, post, RAW, respondWith } from "../support/service.ts";

const LIMIT = 65_536;
const JSON_TYPE = "application/json";
const { create, log, respond: shared } = observedService();

const asJson = (values: unknown) => JSON.stringify(values);
const withPixel = (place: number, value: unknown) => Object.assign(Array<unknown>(784).fill(0), { [place]: value });
const asMap = (header: string, values: Iterable<number> = pixels) =>
  Buffer.concat([Buffer.from(header, "latin1"), Uint8Array.from(values)]);

/** As deep as a body can be; JSON.stringify would run out of stack. */
function deepPixel(): Request {
  const depth = 31_000;
  return post(asJson(withPixel(3, 0.5)).replace("0.5", "[".repeat(depth) + "]".repeat(depth)), JSON_TYPE);
}

/** A body of pieces; tells how many were taken and whether the rest was refused. */
function pieces(count: number, size: number, failAt = Number.POSITIVE_INFINITY) {
  const seen = { taken: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (seen.taken === failAt) return controller.error(new Error("the line is dead"));
        if (seen.taken++ === count) return controller.close();
        controller.enqueue(new Uint8Array(size));
      },
      cancel() {
        seen.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, seen };
}

describe("a good image", () => {
  it.each<readonly [string, RequestInit["body"], string]>([
    ["raw bytes", pixels, RAW],
    ["a PGM", map, PGM],
    ["a PGM with a type in capitals and a parameter", map, "Image/X-Portable-Graymap; charset=binary"],
    ["a PGM on one line", asMap("P5 28 28 255\n"), PGM],
    ["a PGM with comments everywhere", asMap("P5#a\n#b\n 28#c\n\t28\n# 7 7\n255 "), PGM],
    ["JSON", asJson(Array.from(pixels, (value) => value / 255)), JSON_TYPE],
  ])("%s, is classified as the library does", async (_, body, type) => {
    const response = await shared(post(body, type));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "application/json"]);
    const { label, name, confidence, rejected, probabilities } = (await createClassifier()).classify(pixels);
    expect(await response.json()).toEqual({ label, name, confidence, rejected, probabilities: [...probabilities] });
    expect(label).toBe(3);
  });

  it("may come in pieces, cut anywhere", async () => {
    const stream = new ReadableStream({
      start(controller) {
        for (let from = 0; from < map.length; from += 7)
          controller.enqueue(new Uint8Array(map.subarray(from, from + 7)));
        controller.close();
      },
    });
    expect(await (await shared(post(stream, PGM))).json()).toMatchObject({ label: 3 });
  });

  it("may have another maximum than 255", async () => {
    const dim = asMap(
      "P5\n28 28\n100\n",
      pixels.map((value) => Math.round((value * 100) / 255)),
    );
    expect(await (await shared(post(dim, PGM))).json()).toMatchObject({ label: 3 });
  });
});

describe("a bad request", () => {
  it.each<readonly [string, () => Request, number, string]>([
    ["no body", () => post(null, RAW), 400, "got 0 bytes, wanted 784 (28×28)"],
    ["783 bytes", () => post(new Uint8Array(783), RAW), 400, "got 783 bytes, wanted 784 (28×28)"],
    ["bytes up to the limit", () => post(new Uint8Array(LIMIT), RAW), 400, `got ${LIMIT} bytes, wanted 784 (28×28)`],
    [
      "a GIF",
      () => post("GIF89a", "image/gif"),
      415,
      "got image/gif, wanted one of image/png, image/jpeg, application/",
    ],
    ["no type", () => post(pixels, undefined), 415, "got no content type, wanted one of "],
    ["a type that objects inherit", () => post(pixels, "constructor"), 415, "got constructor, wanted"],
    [
      "a compressed body",
      () => post(pixels, RAW, { "content-encoding": "gzip" }),
      415,
      "got the content encoding gzip",
    ],
    ["a PGM of text", () => post("P2\n28 28\n255\n", PGM), 400, "got no header of a binary PGM"],
    ["half a header", () => post("P5\n28", PGM), 400, "got no header of a binary PGM"],
    ["a header without end", () => post(`P5${"#\n".repeat(9000)}`, PGM), 400, "got no header of a binary PGM"],
    ["a large PGM", () => post(asMap("P5 29 28 255\n"), PGM), 400, "got a PGM of 29×28, wanted 28×28"],
    ["a huge PGM", () => post(asMap(`P5 ${"9".repeat(400)} 28 255\n`), PGM), 400, "got a PGM of Infinity×28"],
    ["a PGM of maximum 0", () => post(asMap("P5 28 28 0\n"), PGM), 400, "got a PGM of maximum 0, wanted 1 to 255"],
    ["a PGM of 16 bits", () => post(asMap("P5 28 28 65535\n"), PGM), 400, "got a PGM of maximum 65535"],
    ["a PGM cut short", () => post(map.subarray(0, 834), PGM), 400, "got a PGM with 783 bytes of pixels, wanted 784"],
    [
      "a PGM above its maximum",
      () => post(asMap("P5 28 28 9\n", pixels.slice().fill(10, 0, 2)), PGM),
      400,
      "wanted 0 to 9",
    ],
    ["no JSON", () => post("[0,", JSON_TYPE), 400, "got a body that is not JSON"],
    ["JSON that is no UTF-8", () => post(Uint8Array.of(91, 255, 93), JSON_TYPE), 400, "got a body that is not JSON"],
    ["null", () => post("null", JSON_TYPE), 400, "got JSON of the type null, wanted an array of 784 numbers"],
    ["an object", () => post('{"length":784}', JSON_TYPE), 400, "got JSON of the type object"],
    ["783 numbers", () => post(asJson(Array(783).fill(0)), JSON_TYPE), 400, "got an array of 783, wanted 784"],
    [
      "a word among numbers",
      () => post(asJson(withPixel(5, "1")), JSON_TYPE),
      400,
      'pixel 5: got "1", wanted a number',
    ],
    ["nothing among numbers", () => post(asJson(withPixel(0, null)), JSON_TYPE), 400, "pixel 0: got null"],
    [
      "bytes as JSON",
      () => post(asJson(withPixel(9, 255)), JSON_TYPE),
      400,
      "pixel 9: got 255, wanted a number from 0",
    ],
    ["a negative number", () => post(asJson(withPixel(1, -0.1)), JSON_TYPE), 400, "pixel 1: got -0.1"],
    ["an infinite number", () => post(asJson(withPixel(1, 7)).replace("7", "1e999"), JSON_TYPE), 400, "pixel 1: got "],
    ["deep JSON", () => post("[".repeat(60_000), JSON_TYPE), 400, "got a body that is not JSON"],
    [
      "a long word",
      () => post(asJson(withPixel(0, "x".repeat(5000))), JSON_TYPE),
      400,
      "x…, wanted a number from 0 to 1",
    ],
    [
      "a body declared too large",
      () => post("x", RAW, { "content-length": "65537" }),
      413,
      "got 65537 bytes, wanted at",
    ],
    ["a body too large", () => post(new Uint8Array(LIMIT + 1), RAW), 413, "got more than 65536 bytes, wanted at most"],
    [
      "another method",
      () => new Request(ADDRESS, { method: "DELETE" }),
      405,
      "got DELETE, wanted one of GET, HEAD, OPTIONS, POST",
    ],
    ["another path", () => new Request(`${ADDRESS}images`), 404, "got the path /images, wanted / or /read or /health"],
    [
      "a long path",
      () => new Request(`${ADDRESS}${"x".repeat(3000)}`),
      404,
      `got the path /${"x".repeat(79)}…, wanted`,
    ],
    ["a long type", () => post(pixels, `x/${"y".repeat(3000)}`), 415, `got x/${"y".repeat(78)}…, wanted`],
    ["a type that steers", () => post(pixels, "a\u009b31mb"), 415, "got a\ufffd31mb, wanted"],
    ["a long encoding", () => post(pixels, RAW, { "content-encoding": "z".repeat(3000) }), 415, "zzz…, wanted none"],
    ["deep JSON among numbers", deepPixel, 400, "pixel 3: got array, wanted a number from 0 to 1"],
    [
      "a word that steers",
      () => post(asJson(withPixel(0, "\u202e\u0007")), JSON_TYPE),
      400,
      'pixel 0: got "\ufffd\\u0007"',
    ],
  ])("%s, is refused, and the next one answered", async (_, request, status, message) => {
    const response = await shared(request());
    const { error, ...rest } = (await response.json()) as { error: string };
    expect([response.status, rest]).toEqual([status, {}]);
    expect(error).toContain(message);
    expect(error.length).toBeLessThan(250);
    if (status === 405) expect(response.headers.get("allow")).toBe(METHODS);
    expect(await (await shared(post(map, PGM))).json()).toMatchObject({ label: 3 });
  });

  it("that never ends is read to the limit and no further", async () => {
    const { stream, seen } = pieces(Number.POSITIVE_INFINITY, 1000);
    const response = await shared(post(stream, RAW));
    expect([response.status, await response.json()]).toEqual([
      413,
      { error: "got more than 65536 bytes, wanted at most 65536" },
    ]);
    expect(seen).toEqual({ taken: 66, cancelled: true });
  });

  it("that breaks off is answered", async () => {
    const { stream } = pieces(9, 100, 3);
    const response = await shared(post(stream, RAW));
    expect([response.status, await response.json()]).toEqual([400, { error: "the body broke off after 300 bytes" }]);
  });
});

describe("a body that comes slowly", () => {
  it("is given up after its time, and the service goes on", async () => {
    const respond = respondWith(create, { log, bodyMilliseconds: 60 });
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new Uint8Array(3)),
      cancel: () => {
        cancelled = true;
      },
    });
    const response = await respond(post(stream, RAW));
    expect([response.status, response.headers.get("connection")]).toEqual([408, "close"]);
    expect(await response.json()).toEqual({ error: "got 3 bytes in 0.06 s, wanted the whole body by then" });
    expect(cancelled).toBe(true);
    expect((await respond(post(map, PGM))).status).toBe(200);
  });

  it("has that time for all of it, not for each piece", async () => {
    const respond = respondWith(create, { log, bodyMilliseconds: 100 });
    let timer: ReturnType<typeof setInterval> | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        timer = setInterval(() => controller.enqueue(new Uint8Array(1)), 10);
      },
      cancel: () => clearInterval(timer),
    });
    const start = performance.now();
    expect((await respond(post(stream, RAW))).status).toBe(408);
    expect(performance.now() - start).toBeGreaterThan(90);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it("leaves no timer running when it came in time", async () => {
    vi.useFakeTimers();
    try {
      await shared(post(map, PGM));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
