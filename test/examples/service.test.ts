import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";

type Respond = (request: Request) => Promise<Response>;

const { respondWith } = (await import(new URL("../../examples/shared/respond.js", import.meta.url).href)) as {
  respondWith: (create: typeof createClassifier) => Respond;
};

const ADDRESS = "http://localhost/";
const LIMIT = 65_536;
const RAW = "application/octet-stream";
const PGM = "image/x-portable-graymap";
const JSON_TYPE = "application/json";
/** A 3, which a model drew. */
const map = readFileSync(new URL("../../examples/wasi/digits.pgm", import.meta.url)).subarray(0, 835);
const pixels = new Uint8Array(map.subarray(-784));
const create = vi.fn(createClassifier);
const shared = respondWith(create);

function post(body: RequestInit["body"], type: string | undefined, headers: Record<string, string> = {}): Request {
  const types = type === undefined ? {} : { "content-type": type };
  return new Request(ADDRESS, {
    method: "POST",
    body: body ?? null,
    headers: { ...types, ...headers },
    duplex: "half",
  } as RequestInit);
}

const asJson = (values: unknown) => JSON.stringify(values);
const withPixel = (place: number, value: unknown) => Object.assign(Array<unknown>(784).fill(0), { [place]: value });
const asMap = (header: string, values: Iterable<number> = pixels) =>
  Buffer.concat([Buffer.from(header, "latin1"), Uint8Array.from(values)]);

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
    ["a PNG", () => post("\x89PNG\r\n", "image/png"), 415, "got image/png, wanted one of application/octet-stream, "],
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
      "x, wanted a number from 0 to 1",
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
      "got DELETE, wanted POST, or GET for help",
    ],
    ["another path", () => new Request(`${ADDRESS}images`), 404, "got the path /images, wanted /"],
  ])("%s, is refused, and the next one answered", async (_, request, status, message) => {
    const response = await shared(request());
    const { error, ...rest } = (await response.json()) as { error: string };
    expect([response.status, rest]).toEqual([status, {}]);
    expect(error).toContain(message);
    expect(error.length).toBeLessThan(200);
    if (status === 405) expect(response.headers.get("allow")).toBe("GET, HEAD, POST");
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

describe("the service", () => {
  beforeEach(() => {
    create.mockClear();
  });

  it("tells what it wants", async () => {
    const response = await shared(new Request(ADDRESS));
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(await response.text()).toContain("POST an image of 28×28 pixels");
    const head = await shared(new Request(ADDRESS, { method: "HEAD" }));
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("makes one classifier, on the first image, with bounded effort", async () => {
    const respond = respondWith(create);
    await respond(new Request(ADDRESS));
    await respond(post(new Uint8Array(3), RAW));
    expect(create).not.toHaveBeenCalled();
    const answers = await Promise.all([1, 2, 3].map(() => respond(post(map, PGM))));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(create.mock.calls).toEqual([[{ effort: "standard" }]]);
  });

  it("tries again where a classifier could not be made, and keeps the reason to itself", async () => {
    const log = vi.spyOn(console, "error").mockReturnValue();
    create.mockRejectedValueOnce(new Error("no memory in /secret"));
    const respond = respondWith(create);
    const failed = await respond(post(map, PGM));
    expect([failed.status, await failed.json()]).toEqual([500, { error: "the image could not be classified" }]);
    expect(log).toHaveBeenCalledOnce();
    log.mockRestore();
    expect((await respond(post(map, PGM))).status).toBe(200);
  });
});
