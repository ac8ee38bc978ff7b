import { readFileSync } from "node:fs";
import fc from "fast-check";
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { createClassifier } from "../../src/entries/node.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { emptyScansJpeg, exifBlock, handmadePng, pngChunk } from "../files/handmade-files.ts";
import { draw } from "../image/drawing.ts";
import { map, observedService, PGM, pixels, post, RAW } from "../support/service.ts";

// Pictures that are uploaded, and several images at once.

const { respond } = observedService();
const PNG = "image/png";
const JPEG = "image/jpeg";
const JSON_TYPE = "application/json";
const MOST_PIXELS = 2_000_000;

const asJson = (value: unknown) => post(JSON.stringify(value), JSON_TYPE);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const answerTo = async (request: Request) => {
  const response = await respond(request);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

interface Drawn {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A 7, dark on bright, as a scanner or a camera gives it. */
const drawing = fc
  .record({
    width: fc.integer({ min: 40, max: 120 }),
    height: fc.integer({ min: 40, max: 120 }),
    pen: fc.integer({ min: 2, max: 6 }),
  })
  .map(({ width, height, pen }): Drawn => {
    const size = Math.min(width, height) * 0.6;
    const { data } = draw({ width, height, left: width * 0.2, top: height * 0.2, size, pen });
    return { width, height, data: Uint8Array.from(data, (value) => Math.round(255 * (1 - value))) };
  });

const pngOf = ({ width, height, data }: Drawn) => encodePng({ data, width, height, channels: 1 });
const jpegOf = ({ width, height, data }: Drawn) =>
  jpeg.encode({ width, height, data: Uint8Array.from([...data].flatMap((value) => [value, value, value, 255])) }, 90)
    .data;

describe("a picture", () => {
  it("is answered as the library does, as PNG or JPEG, alone, in base64, and in a list", async () => {
    const abs = await createClassifier({ effort: "standard" });
    const resultOf = (image: Float32Array) => {
      const { label, name, confidence, rejected, probabilities } = abs.classify(image);
      return { label, name, confidence, rejected, probabilities: [...probabilities] };
    };
    await fc.assert(
      fc.asyncProperty(drawing, async (drawn) => {
        const { width, height, data } = drawn;
        const wanted = resultOf(preprocess({ data, width, height, channels: 1 }).image);
        const png = pngOf(drawn);
        expect(await answerTo(post(png, PNG))).toEqual({ status: 200, body: wanted });
        const text = base64(png);
        for (const value of [
          text,
          { image: text },
          `data:image/png;base64,${text}`,
          { image: `data:;base64,${text}` },
        ]) {
          expect(await answerTo(asJson(value))).toEqual({ status: 200, body: wanted });
        }
        const photograph = jpegOf(drawn);
        const decoded = jpeg.decode(photograph, { useTArray: true });
        const seen = resultOf(preprocess({ ...decoded, channels: 4 }).image);
        expect(await answerTo(post(photograph, JPEG))).toEqual({ status: 200, body: seen });
        const list = [text, Array.from(pixels, (value) => value / 255), { image: base64(photograph) }];
        expect(await answerTo(asJson(list))).toEqual({
          status: 200,
          body: { results: [wanted, resultOf(Float32Array.from(pixels, (value) => value / 255)), seen] },
        });
        expect(await answerTo(asJson([text]))).toEqual({ status: 200, body: { results: [wanted] } });
      }),
      { seed: 21, numRuns: 12 },
    );
  });

  it("that already is a frame is taken as it is", async () => {
    const { image } = preprocess(draw({ width: 200, height: 180, left: 60, top: 40, size: 90, pen: 9 }));
    const data = Uint8Array.from(image, (value) => Math.round(255 * value));
    const frame = encodePng({ data, width: 28, height: 28, channels: 1 });
    const { label, confidence } = (await createClassifier()).classify(data);
    expect((await answerTo(post(frame, PNG))).body).toMatchObject({ label, confidence });
  });

  it("is turned upright as its Exif orientation says", async () => {
    const drawn = fc.sample(drawing, { seed: 5, numRuns: 1 })[0] as Drawn;
    const { width, height, data } = drawn;
    const lying = Uint8Array.from(
      data,
      (_, index) => data[(height - 1 - (index % height)) * width + Math.floor(index / height)] as number,
    );
    const rows = Buffer.concat(
      Array.from({ length: width }, (_, row) => Buffer.from([0, ...lying.subarray(row * height, (row + 1) * height)])),
    );
    // Column 0 of the lying one is the lowest row: turned once anticlockwise, it stands.
    const extraChunks = [pngChunk("eXIf", exifBlock(8, true))];
    const turned = handmadePng({ width: height, height: width, depth: 8, colourType: 0, rows, extraChunks });
    expect((await answerTo(post(turned, PNG))).body).toEqual((await answerTo(post(pngOf(drawn), PNG))).body);
  });
});

describe("several images", () => {
  it("come as bytes and as PGMs one after the other", async () => {
    const { body } = await answerTo(post(map, PGM));
    for (const count of [2, 50]) {
      const results = new Array(count).fill(body);
      const bytes = Buffer.concat(new Array<Uint8Array>(count).fill(pixels));
      expect(await answerTo(post(bytes, RAW))).toEqual({ status: 200, body: { results } });
      const maps = Buffer.concat(new Array<Uint8Array>(count).fill(map));
      expect(await answerTo(post(maps, PGM))).toEqual({ status: 200, body: { results } });
    }
  });
});

describe("an upload that is bad", () => {
  const png = encodePng({ data: new Uint8Array(100), width: 10, height: 10, channels: 1 });
  const photograph = jpeg.encode({ data: new Uint8Array(400), width: 10, height: 10 }, 80).data;
  const wide = Buffer.from(photograph);
  const frameHeader = wide.indexOf(Buffer.from([0xff, 0xc0]));
  wide.writeUInt16BE(60_000, frameHeader + 5);
  wide.writeUInt16BE(60_000, frameHeader + 7);
  const claiming = (width: number, height: number, rows: Uint8Array = new Uint8Array(9)) =>
    handmadePng({ width, height, depth: 8, colourType: 0, rows });
  const large = base64(
    handmadePng({ width: 1000, height: 900, depth: 8, colourType: 0, rows: new Uint8Array(1001 * 900) }),
  );

  it.each<[string, () => Request, number, string]>([
    [
      "a claimed 60000×60000",
      () => post(claiming(60_000, 60_000), PNG),
      413,
      "the header claims 60000×60000 pixels, which is more than the 2 million",
    ],
    ["a JPEG of 60000×60000", () => post(wide, JPEG), 413, "the header claims 60000×60000 pixels, which is more than"],
    ["one pixel too many", () => post(claiming(MOST_PIXELS + 1, 1), PNG), 413, "the header claims 2000001×1 pixels"],
    [
      "a bomb",
      () => post(claiming(9, 9, new Uint8Array(90_000_000)), PNG),
      400,
      "unpack to more than the 90 bytes that its size",
    ],
    ["a bomb of scans", () => post(emptyScansJpeg(1400, 2000), JPEG), 413, "the JPEG's scans go through"],
    ["a bomb in base64", () => asJson(base64(claiming(60_000, 60_000))), 413, "the header claims 60000×60000 pixels"],
    [
      "too many pixels together",
      () => asJson([large, large, large]),
      413,
      "image 2: the header claims 1000×900 pixels, which is more than the 0.2 million that are read after those before",
    ],
    [
      "a body too large",
      () => post(new Uint8Array(2_097_153), PNG),
      413,
      "got more than 2097152 bytes, wanted at most 2097152",
    ],
    ["JSON too large", () => post(new Uint8Array(3_145_729), JSON_TYPE), 413, "got more than 3145728 bytes"],
    ["a PNG cut short", () => post(png.subarray(0, -20), PNG), 400, "the PNG is cut short"],
    ["a JPEG cut short", () => post(photograph.subarray(0, -20), JPEG), 400, "the JPEG is cut short"],
    [
      "another kind",
      () => post("GIF89a, or what is called so", PNG),
      400,
      "got bytes that begin with 47 49 46 38 39 61 2c 20, wanted a PNG or JPEG",
    ],
    ["nothing", () => post("", PNG), 400, "got bytes that begin with nothing, wanted a PNG or JPEG"],
    [
      "a chunk whose name steers",
      () => post(Buffer.concat([png.subarray(0, 33), pngChunk("\x1b\x02AB", png), png.subarray(33)]), PNG),
      400,
      "has a \ufffd\ufffdAB chunk, which is needed",
    ],
    ["no base64", () => asJson("a picture!"), 400, 'got "a picture!", wanted a PNG or JPEG in base64'],
    ["an address without base64", () => asJson("data:image/png,%89PNG"), 400, 'got "data:image/png,%89PNG", wanted'],
    ["base64 of nothing", () => asJson(""), 400, "got bytes that begin with nothing"],
    [
      "an object of something else",
      () => asJson({ picture: base64(png) }),
      400,
      "got JSON of the type object, wanted an array of 784 numbers, a PNG",
    ],
    ["an image of the wrong type", () => asJson({ image: 7 }), 400, "got an image of the type number, wanted"],
    [
      "a list with one that is bad",
      () => asJson([base64(png), "AAAA"]),
      400,
      "image 1: got bytes that begin with 00 00 00",
    ],
    ["a list with nothing among them", () => asJson([base64(png), null]), 400, "image 1: got JSON of the type null"],
    [
      "a list of lists of lists",
      () => asJson([[[base64(png)]]]),
      400,
      "image 0: got an array of 1, wanted 784 numbers",
    ],
    ["an empty list", () => asJson([]), 400, "got an array of 0, wanted 784 numbers"],
    ["51 pictures", () => asJson(new Array(51).fill(base64(png))), 413, "got 51 images or more, wanted at most 50"],
    ["51 frames", () => post(new Uint8Array(51 * 784), RAW), 413, "got 51 images or more, wanted at most 50"],
    ["51 maps", () => post(Buffer.concat(new Array<Uint8Array>(51).fill(map)), PGM), 413, "got 51 images or more"],
    ["a frame and a half", () => post(new Uint8Array(1176), RAW), 400, "got 1176 bytes, wanted 784"],
    [
      "a map and a half",
      () => post(Buffer.concat([map, map.subarray(0, 400)]), PGM),
      400,
      "bytes of pixels, wanted 784",
    ],
    ["deep JSON", () => post("[".repeat(3_000_000), JSON_TYPE), 400, "got a body that is not JSON"],
    ["whole deep JSON", () => post("[".repeat(1_000_000) + "]".repeat(1_000_000), JSON_TYPE), 400, "got "],
    ["deep objects", () => post(`${'{"image":'.repeat(200_000)}1${"}".repeat(200_000)}`, JSON_TYPE), 400, "got "],
  ])("%s, is refused with a reason, and the next one answered", async (_, request, status, message) => {
    const { status: got, body } = await answerTo(request());
    expect([got, Object.keys(body)]).toEqual([status, ["error"]]);
    expect(body.error).toContain(message);
    expect((body.error as string).length).toBeLessThan(300);
    expect(await answerTo(post(map, PGM))).toMatchObject({ status: 200, body: { label: 3 } });
  });
});

describe("/read", () => {
  const read = (body: Uint8Array, type = PNG) =>
    new Request("http://localhost/read", {
      method: "POST",
      headers: { "content-type": type },
      body: Uint8Array.from(body),
    });

  it("answers with the numbers in a picture, as the library reads them", async () => {
    const bytes = readFileSync(new URL("../../examples/numbers/postcode-80336.png", import.meta.url));
    const { status, body } = await answerTo(read(bytes));
    expect(status).toBe(200);
    expect(body).toMatchObject({ text: "80336", others: [], complete: true });
    const [line] = body.lines as [{ digits: { probabilities: number[] }[] }];
    for (const { probabilities } of line.digits) expect(probabilities).toHaveLength(10);
  });

  it("has no lines for a blank picture", async () => {
    const { status, body } = await answerTo(
      read(pngOf({ width: 50, height: 40, data: new Uint8Array(2000).fill(255) })),
    );
    expect([status, body]).toEqual([200, { text: "", lines: [], others: [], complete: true }]);
  });

  it("refuses what is no PNG or JPEG, and what claims too many pixels", async () => {
    expect((await answerTo(read(new Uint8Array(9)))).status).toBe(400);
    expect((await answerTo(read(new Uint8Array(784), RAW))).status).toBe(415);
    expect((await answerTo(new Request("http://localhost/read"))).status).toBe(405);
  });
});
