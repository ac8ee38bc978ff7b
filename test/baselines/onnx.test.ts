import { readFileSync, statSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-web";
import { describe, expect, it } from "vitest";

// The baselines' ONNX files give what PyTorch gave when it wrote them.

const directory = new URL("../../bench/baselines/", import.meta.url);
const TOLERANCE = 1e-4;

interface Golden {
  /** Images of 784 bytes. */
  readonly images: readonly (readonly number[])[];
  /** Logits by image, of the bytes divided by 255. */
  readonly logits: readonly (readonly number[])[];
}

async function logitsOf(session: InferenceSession, images: readonly (readonly number[])[]): Promise<number[][]> {
  const values = Float32Array.from(images.flat(), (byte) => byte / 255);
  const { logits } = await session.run({ image: new Tensor("float32", values, [images.length, 1, 28, 28]) });
  expect(logits?.dims).toEqual([images.length, 10]);
  const found = Array.from(logits?.data as Float32Array);
  return images.map((_, index) => found.slice(10 * index, 10 * (index + 1)));
}

describe.each(["plain", "adversarial"])("the %s CNN", (name) => {
  const file = (suffix: string): URL => new URL(`${name}-cnn${suffix}`, directory);

  it("gives PyTorch's logits, for one image and for several at once", async () => {
    const session = await InferenceSession.create(readFileSync(file(".onnx")));
    expect([session.inputNames, session.outputNames]).toEqual([["image"], ["logits"]]);
    const golden = JSON.parse(readFileSync(file(".golden.json"), "utf8")) as Golden;
    expect(golden.images.length).toBeGreaterThan(1);
    const together = await logitsOf(session, golden.images);
    for (const [index, image] of golden.images.entries()) {
      const [alone] = await logitsOf(session, [image]);
      golden.logits[index]?.forEach((expected, label) => {
        expect(Math.abs((together[index]?.[label] as number) - expected)).toBeLessThanOrEqual(TOLERANCE);
        expect(Math.abs((alone?.[label] as number) - expected)).toBeLessThanOrEqual(TOLERANCE);
      });
    }
    await session.release();
  });

  it("is small", () => {
    expect(statSync(file(".onnx")).size).toBeLessThan(200_000);
  });
});
