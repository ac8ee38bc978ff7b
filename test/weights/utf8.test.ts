import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeUtf8, encodeUtf8 } from "../../src/weights/utf8.ts";

const texts = fc.array(
  fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("%", "%41", "\ud800", "\udfff", "é", "☃", "😀")),
);

it("writes what TextEncoder does, and reads it back", () => {
  fc.assert(
    fc.property(texts, (parts) => {
      const text = parts.join("");
      const bytes = new TextEncoder().encode(text);
      expect(encodeUtf8(text)).toEqual(bytes);
      expect(decodeUtf8(bytes)).toBe(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }),
    { seed: 5, numRuns: 400 },
  );
  const long = "déjà vu ".repeat(20_000);
  expect(decodeUtf8(encodeUtf8(long))).toBe(long);
});

it("refuses just what is no UTF-8", () => {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const accepts = (read: () => unknown): boolean => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5 }), fc.constantFrom(0, 0xc0, 0xe0, 0xf0), (bytes, mark) => {
      if (bytes.length > 0) bytes[0] = (bytes[0] as number) | mark;
      expect(accepts(() => decodeUtf8(bytes))).toBe(accepts(() => strict.decode(bytes)));
    }),
    { seed: 6, numRuns: 2000 },
  );
});
