import { expect, it } from "vitest";
import { checkFrozenWeights, remembered } from "../support/frozen-weights.ts";
import { instantiateModule } from "../support/module.ts";

it("frozen weights that are overwritten are found out", async () => {
  const instance = remembered(instantiateModule());
  const looked = checkFrozenWeights();
  expect(looked).toBeGreaterThan(0);
  const { memory, frozenBundle } = instance.exports as unknown as {
    memory: WebAssembly.Memory;
    frozenBundle(): number;
  };
  const place = new Uint8Array(memory.buffer, frozenBundle() + 1000, 1);
  place[0] = (place[0] as number) ^ 1;
  expect(() => checkFrozenWeights()).toThrow("the frozen weights have been overwritten");
  place[0] ^= 1;
  expect(() => checkFrozenWeights()).not.toThrow();
});
