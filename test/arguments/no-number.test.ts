import { describe, expect, it } from "vitest";
import { distal } from "../../src/attacks/distal.ts";
import { binomialLowerBound } from "../../src/certify/binomial-bound.ts";
import { normalQuantile } from "../../src/certify/normal-distribution.ts";
import { certifySmoothed } from "../../src/certify/smoothing.ts";
import { detached } from "../support/odd-values.ts";

/** Values that throw where a program compares them with a number, or run code of their own. */
const NONE: readonly (readonly [string, () => unknown])[] = [
  ["a symbol", () => Symbol("0.5")],
  ["a detached array", () => detached(new Float32Array(784))],
  ["an object without a value", () => Object.create(null)],
  [
    "an object that is half",
    () => ({
      valueOf: () => {
        throw new Error("asked for its value");
      },
    }),
  ],
  [
    "a Proxy that was revoked",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ["a BigInt", () => 1n],
  ["a text", () => "0.5"],
];

const model = {
  classify: () => ({ label: 0, confidence: 0.5 }),
  lossAndGradient: () => ({ losses: [0, 1], gradients: [new Float32Array(4), new Float32Array(4)] }),
};

const CALLS: readonly (readonly [string, (value: never) => unknown])[] = [
  ["sigma", (sigma) => certifySmoothed(() => [0], { sigma })],
  ["alpha", (alpha) => certifySmoothed(() => [0], { alpha })],
  ["alpha", (alpha) => binomialLowerBound(1, 2, alpha)],
  ["share", (share) => normalQuantile(share)],
  ["confidence", (confidence) => distal(model, 1, { confidence, pixels: 4 })],
];

describe("where a number with a range is wanted", () => {
  it.each(NONE)("%s is refused in our words, and never compared", (_, make) => {
    for (const [name, call] of CALLS) {
      const value = make() as never;
      expect(() => call(value)).toThrow(TypeError);
      expect(() => call(value)).toThrow(new RegExp(`^${name}: got .*, wanted a number `));
    }
  });
});
