import { constants, gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { gunzip } from "../../src/load/gunzip.ts";

const { Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = constants;
const contents = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.nat(400))
        .map(([part, times]) =>
          Uint8Array.from({ length: part.length * times }, (_, at) => part[at % part.length] as number),
        ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => Buffer.concat(parts));
const strategies = fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE);

it("gives back what zlib packed, in blocks of every kind", () => {
  fc.assert(
    fc.property(contents, fc.integer({ min: 0, max: 9 }), strategies, (content, level, strategy) => {
      expect(Buffer.from(gunzip(gzipSync(content, { level, strategy }))).equals(content)).toBe(true);
    }),
    { seed: 3, numRuns: 500 },
  );
});

it("gives back far copies and many blocks", () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 200_000 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 27;
  });
  const content = Buffer.concat([noise, noise.subarray(170_000), noise.subarray(190_000), Buffer.alloc(70_000, 7)]);
  for (const level of [0, 1, 6, 9]) {
    expect(Buffer.from(gunzip(gzipSync(content, { level }))).equals(content), String(level)).toBe(true);
  }
});

it("refuses what was cut", () => {
  const packed = gzipSync(Buffer.from("what was cut is not unpacked ".repeat(20)));
  packed.writeUInt32LE(9, packed.length - 4);
  expect(() => gunzip(packed)).toThrow("the packed module gives 580 bytes, wanted 9");
});
