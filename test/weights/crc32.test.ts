import { describe, expect, it } from "vitest";
import { crc32 } from "../../src/weights/crc32.ts";

describe("crc32", () => {
  it("gives the check value of the CRC catalogue", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe("cbf43926");
    expect(crc32(new Uint8Array())).toBe("00000000");
  });
});
