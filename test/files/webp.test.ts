import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exifBlock, LOSSY_WEBP, stored } from "./handmade-files.ts";
import { imageDirectory } from "./image-directory.ts";

// Lossless WebPs made here out of colours that are known, and two lossy ones that an encoder made of a picture that is described.

const { read, readOne } = imageDirectory();

/** `LOSSY_WEBP` with an alpha of 255 above and 40 below. */
const LOSSY_WITH_ALPHA =
  "UklGRlAAAABXRUJQVlA4WAoAAAAQAAAADwAACwAAQUxQSA4AAAABEAgkOvsLLhBAROR8PFZQOCAcAAAAMAEAnQEqEAAMAADAEiWkAANwAP7nz///rnyAAA==";

function chunk(type: string, content: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([Buffer.from(type), length, content, Buffer.alloc(content.length % 2)]);
}

function webp(...chunks: Uint8Array[]): Uint8Array {
  const content = Buffer.concat([Buffer.from("WEBP"), ...chunks]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(content.length);
  return Buffer.concat([Buffer.from("RIFF"), length, content]);
}

/** RFC 9649, section 3, without anything that packs: every value has a code of 8 bits, which is the value. */
function lossless(pixels: readonly (readonly number[])[], width: number, height: number): Uint8Array {
  let bits = "";
  const put = (value: number, count: number): void => {
    bits += [...value.toString(2).padStart(count, "0")].reverse().join("");
  };
  put(width - 1, 14);
  put(height - 1, 14);
  // Alpha is used; version 0; neither transforms nor a cache of colours nor several sets of codes.
  bits += `1${"000"}${"0"}${"0"}${"0"}`;
  for (const symbols of [280, 256, 256, 256]) {
    bits += "0";
    // The lengths of codes have codes: one bit each for the lengths 0 and 8, which are the third and the twelfth.
    put(12 - 4, 4);
    for (let place = 0; place < 12; ++place) put(place === 2 || place === 11 ? 1 : 0, 3);
    bits += "0";
    bits += "1".repeat(256) + "0".repeat(symbols - 256);
  }
  // Of distances there is one.
  bits += "1000";
  for (const [red, green, blue, alpha] of pixels) {
    for (const value of [green, red, blue, alpha]) bits += (value as number).toString(2).padStart(8, "0");
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt([...byte].reverse().join(""), 2));
  return Uint8Array.from([0x2f, ...bytes]);
}

function extended(width: number, height: number, flags: number): Uint8Array {
  const content = Buffer.alloc(10);
  content[0] = flags;
  content.writeUIntLE(width - 1, 4, 3);
  content.writeUIntLE(height - 1, 7, 3);
  return chunk("VP8X", content);
}

function frame(width: number, height: number, picture: Uint8Array): Uint8Array {
  const header = Buffer.alloc(16);
  header.writeUIntLE(width - 1, 6, 3);
  header.writeUIntLE(height - 1, 9, 3);
  return chunk("ANMF", Buffer.concat([header, picture]));
}

const picture = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    numbers: fc.array(fc.nat(255), { minLength: 40, maxLength: 80 }),
    form: fc.constantFrom("simple", "extended", "animated"),
    orientation: fc.integer({ min: 0, max: 8 }),
    marked: fc.boolean(),
  })
  .map(({ width, height, numbers, ...rest }) => ({
    ...rest,
    width,
    height,
    pixels: Array.from({ length: width * height }, (_, pixel) =>
      [0, 1, 2, 3].map((channel) => numbers[(4 * pixel + channel) % numbers.length] as number),
    ),
  }));

describe("WebP", () => {
  it("without loss is read to the value, alone, with Exif, or as the first picture of an animation", async () => {
    await fc.assert(
      fc.asyncProperty(picture, async ({ width, height, pixels, form, orientation, marked }) => {
        const pixelChunk = chunk("VP8L", lossless(pixels, width, height));
        const block = exifBlock(orientation, marked);
        const exif = chunk("EXIF", marked ? Buffer.concat([Buffer.from("Exif\0\0"), block]) : block);
        const other = chunk("VP8L", lossless([[1, 2, 3, 4]], 1, 1));
        const bytes = {
          simple: () => webp(pixelChunk),
          extended: () => webp(extended(width, height, 0x18), pixelChunk, exif),
          animated: () =>
            webp(
              extended(width, height, 0x1a),
              chunk("ANIM", new Uint8Array(6)),
              frame(width, height, pixelChunk),
              frame(1, 1, other),
              exif,
            ),
        }[form]?.() as Uint8Array;
        const upright = stored(pixels, width, height, form === "simple" ? 0 : orientation);
        expect(await readOne("picture.webp", bytes)).toEqual({
          data: upright.pixels.flat(),
          width: upright.width,
          height: upright.height,
          channels: 4,
        });
      }),
      { seed: 12, numRuns: 200 },
    );
  });

  it("with loss is read to what it shows, with alpha or without", async () => {
    for (const [bytes, below] of [
      [LOSSY_WEBP, 255],
      [Buffer.from(LOSSY_WITH_ALPHA, "base64"), 40],
    ] as const) {
      const { data, width, height } = await readOne("lossy.webp", bytes);
      expect([width, height]).toEqual([16, 12]);
      for (let pixel = 0; pixel < 16 * 12; ++pixel) {
        const [red, green, blue, alpha] = data.slice(4 * pixel, 4 * pixel + 4) as [number, number, number, number];
        for (const value of [red, green, blue]) expect(Math.abs(value - (pixel % 16 < 8 ? 20 : 220))).toBeLessThan(25);
        expect(alpha).toBe(pixel < 16 * 6 ? 255 : below);
      }
    }
  });

  const pixels = chunk("VP8L", lossless([[1, 2, 3, 4]], 1, 1));
  const whole = webp(pixels);
  const claiming = (width: number, height: number): Uint8Array => {
    const content = Uint8Array.from(pixels.subarray(8));
    new DataView(content.buffer).setUint32(1, (width - 1) | ((height - 1) << 14), true);
    return chunk("VP8L", content);
  };
  it.each<[string, Uint8Array, RegExp]>([
    ["of a claimed 16384×16384", webp(claiming(16384, 16384)), /claims 16384×16384 pixels/],
    ["of a claimed canvas", webp(extended(2 ** 24, 2 ** 24, 0), pixels), /claims 16777216×16777216 pixels/],
    ["of more pixels than are there", webp(claiming(5000, 5000)), /the WebP is damaged: its pixels cannot be decoded/],
    ["without a picture", webp(extended(1, 1, 0)), /the WebP has no picture \(VP8 or VP8L\)/],
    ["without anything", webp(), /the WebP has no picture/],
    ["cut short", whole.subarray(0, -4), /the WebP is cut short: its header tells of \d+ bytes, there are \d+/],
    ["with a chunk cut short", webp(pixels.subarray(0, -40)), /its VP8L chunk claims \d+ bytes, there are/],
    ["of another signature", webp(chunk("VP8L", new Uint8Array(40))), /its picture does not begin as VP8L does/],
    ["of no key frame", webp(chunk("VP8 ", new Uint8Array(40))), /its picture is no key frame of VP8/],
    ["cut within its pixels", webp(chunk("VP8 ", LOSSY_WEBP.subarray(20, 44))), /its pixels cannot be decoded/],
  ])("%s is refused, and the next one read", async (_, bytes, message) => {
    await expect(read("bad.webp", bytes)).rejects.toThrow(message);
    await expect(read("bad.webp", bytes)).rejects.toThrow(/bad\.webp: /);
    expect((await readOne("good.webp", whole)).data).toEqual([1, 2, 3, 4]);
  });
});
