import * as fc from "fast-check";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { type LogEntry, map, PGM, pixels, RAW, type RequestParts, respondWith } from "../support/service.ts";

// Requests that no client of good will sends. Not made as Request, which refuses much of what comes over the wire.

const LARGEST_ANSWER = 1024;
/** Fifty results. */
const LARGEST_BATCH = 50 * LARGEST_ANSWER;
const LARGEST_LINE = 1024;
const TYPES = [RAW, PGM, "application/json", "image/png", "image/jpeg"];
/** What steers a terminal, breaks a line or turns the direction of writing. */
const STEERING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

const text = (maxLength: number) =>
  fc.oneof(
    fc.string({ maxLength, unit: "binary" }),
    fc.string({ maxLength }),
    fc.string({ minLength: 3000, maxLength: 4000 }),
  );
/** A header's value as servers let it pass: any byte but those that end a line. */
const headerValue = fc.oneof(
  fc.string({ maxLength: 100, unit: fc.integer({ min: 32, max: 255 }).map((byte) => String.fromCharCode(byte)) }),
  fc.constantFrom(...TYPES, "*", "null", "https://a.example", "-1", "1e99", "70000", "784", "gzip"),
  fc.integer({ min: 100, max: 6000 }).map((length) => "x".repeat(length)),
);
const headers = fc
  .dictionary(
    fc.constantFrom(
      "content-type",
      "content-length",
      "content-encoding",
      "origin",
      "x-request-id",
      "access-control-request-method",
      "access-control-request-headers",
    ),
    headerValue,
  )
  .map((entries) => new Headers(entries));
const address = fc.oneof(
  fc.constantFrom("http://localhost/", "http://localhost/health", "http://localhost//", "*", ""),
  text(50),
  fc.webPath().map((path) => `http://localhost${path}`),
  text(50).map((path) => `http://localhost/${path}`),
  fc.integer({ min: 100, max: 9000 }).map((length) => `http://localhost/${"é".repeat(length)}`),
);
const method = fc.oneof(
  fc.constantFrom("GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE", "CONNECT", "constructor", "__proto__"),
  text(30),
);

const grey = Uint8Array.from({ length: 40 * 30 }, (_, index) => (index * 31) % 251);
const pictures = [
  encodePng({ data: grey, width: 40, height: 30, channels: 1 }),
  encodePng({ data: grey, width: 20, height: 15, channels: 4 }, { interlace: "Adam7" }),
  jpeg.encode({ data: grey, width: 20, height: 15 }, 80).data,
];
/** Pictures with some bytes changed, most of them near the beginning, or cut short; alone and in JSON. */
const almostPicture = fc
  .record({
    picture: fc.constantFrom(...pictures),
    changes: fc.array(fc.tuple(fc.oneof(fc.nat(60), fc.nat(2000)), fc.nat(255)), { maxLength: 4 }),
    length: fc.oneof(fc.constant(1e6), fc.nat(800)),
    form: fc.constantFrom("bytes", "base64", "address", "list"),
  })
  .map(({ picture, changes, length, form }) => {
    const bytes = Uint8Array.from(picture).subarray(0, length);
    for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
    const text = Buffer.from(bytes).toString("base64");
    const written = {
      base64: text,
      address: { image: `data:image/png;base64,${text}` },
      list: [text, { image: text }, Array(784).fill(0.5)],
    };
    return form === "bytes" ? bytes : new TextEncoder().encode(JSON.stringify(written[form as keyof typeof written]));
  });

const almostImage = fc.oneof(
  almostPicture,
  almostPicture,
  fc.constantFrom(pixels, new Uint8Array(map)),
  fc.uint8Array({ minLength: 784, maxLength: 784 }),
  fc
    .tuple(fc.nat(834), fc.nat(255))
    .map(([place, value]) => Uint8Array.from(map, (byte, at) => (at === place ? value : byte))),
  fc.json({ maxDepth: 3 }).map((written) => new TextEncoder().encode(written)),
  fc
    .array(fc.oneof(fc.double(), fc.constantFrom(null, "1", [], {})), { minLength: 784, maxLength: 784 })
    .map((values) => new TextEncoder().encode(JSON.stringify(values))),
  fc.integer({ min: 65_530, max: 140_000 }).map((length) => new Uint8Array(length)),
  fc.integer({ min: 1, max: 90 }).map((count) => new Uint8Array(count * 784)),
  fc.uint8Array({ maxLength: 2000 }),
);
type End = "ends" | "breaks" | "stalls";
const body = fc.option(
  fc.record({
    bytes: almostImage,
    piece: fc.integer({ min: 1, max: 9000 }),
    end: fc.constantFrom<End>("ends", "breaks", "stalls"),
  }),
);

function streamOf({ bytes, piece, end }: { bytes: Uint8Array; piece: number; end: End }): RequestParts["body"] {
  let from = 0;
  const never = new Promise<void>(() => {});
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (from < bytes.length) controller.enqueue(new Uint8Array(bytes.subarray(from, from + piece)));
        else if (end === "ends") controller.close();
        else if (end === "breaks") controller.error(new Error("the line is dead"));
        else return never;
        from += piece;
        return undefined;
      },
    },
    { highWaterMark: 0 },
  );
}

describe("the service", () => {
  it("answers every request with a status and a reason of bounded size, and goes on", async () => {
    const lines: LogEntry[] = [];
    const respond = respondWith(createClassifier, {
      origins: ["https://a.example"],
      bodyMilliseconds: 5,
      log: (entry) => lines.push(entry),
    });
    const seen = new Set<number>();
    // Half of them as they come, half with what leads further in.
    const aimed = fc.tuple(headers, fc.constantFrom(...TYPES)).map(([some, type]) => {
      some.set("content-type", type);
      some.delete("content-encoding");
      return some;
    });
    const hostile = fc.oneof(
      fc.record({ url: address, method, headers, body }),
      fc.record({ url: fc.constant("http://localhost/"), method: fc.constant("POST"), headers: aimed, body }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async ({ body, ...parts }) => {
        lines.length = 0;
        const response = await respond({ ...parts, body: body && streamOf(body) });
        const { status } = response;
        seen.add(status);
        expect([200, 204, 400, 403, 404, 405, 408, 413, 415]).toContain(status);
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        expect(response.headers.get("x-request-id")).toMatch(/^[\w.:-]{1,64}$/);
        if (status === 405) expect(response.headers.get("allow")).toContain("GET");

        const answer = await response.text();
        expect(answer.length).toBeLessThan(status === 200 ? LARGEST_BATCH : LARGEST_ANSWER);
        if (parts.method === "HEAD" || status === 204) {
          expect(answer).toBe("");
        } else if (status >= 400) {
          expect(response.headers.get("content-type")).toBe("application/json");
          const { error, ...rest } = JSON.parse(answer) as { error: string };
          expect(rest).toEqual({});
          expect(error.length).toBeGreaterThan(10);
          expect(error).not.toMatch(STEERING);
        }
        expect(lines).toMatchObject([{ status, id: response.headers.get("x-request-id") }]);
        expect(JSON.stringify(lines[0]).length).toBeLessThan(LARGEST_LINE);
        for (const shown of [lines[0]?.method, lines[0]?.path]) expect(shown).not.toMatch(STEERING);
      }),
      { numRuns: 1500, seed: 20 },
    );
    // It was tried in earnest: each of these came about.
    expect([...seen].sort((one, other) => one - other)).toEqual([200, 204, 400, 403, 404, 405, 408, 413, 415]);
    const good = { url: "http://localhost/", method: "POST", headers: new Headers({ "content-type": PGM }) };
    const last = await respond({ ...good, body: streamOf({ bytes: map, piece: 100, end: "ends" }) });
    expect(await last.json()).toMatchObject({ label: 3 });
  });
});
