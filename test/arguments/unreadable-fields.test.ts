import { describe, expect, it } from "vitest";
import { distal } from "../../src/attacks/distal.ts";
import { attack, attacksFor } from "../../src/attacks/run.ts";
import { PrototypeClassifier } from "../../src/certify/prototype-classifier.ts";
import { certifySmoothed } from "../../src/certify/smoothing.ts";
import { fitsMnist } from "../../src/image/framed.ts";
import { preprocess } from "../../src/image/preprocess.ts";
import { readDigits } from "../../src/reading/read-digits.ts";

function revoked(target: object): never {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy as never;
}

const image = new Float32Array(4);
const pixels = { data: new Uint8Array(4), width: 2, height: 2 };
const model = {
  classify: () => ({ label: 0 }),
  lossAndGradient: () => ({ losses: [0, 1], gradients: [image, image] }),
};

const CALLS: readonly (readonly [string, (value: never) => unknown])[] = [
  ["model", (value) => attack("fgsm", value, image, 0, { norm: "l2" })],
  ["model", (value) => attacksFor(value, "l2")],
  ["substitute", (value) => attack("fgsm", model, image, 0, { norm: "l2", substitute: value })],
  ["model", (value) => distal(value, 0)],
  ["prototypes", (value) => new PrototypeClassifier(value)],
  ["castVotes: votes", (value) => certifySmoothed(() => value)],
  ["picture", (value) => preprocess(value)],
  ["picture", (value) => fitsMnist(value)],
  ["classifier", (value) => readDigits(pixels, { classifier: value })],
];

describe("an object whose fields cannot be read", () => {
  it.each(CALLS)("is refused in our words as %s", (name, call) => {
    for (const target of [{}, [], () => undefined]) {
      expect(() => call(revoked(target))).toThrow(TypeError);
      expect(() => call(revoked(target))).toThrow(new RegExp(`^${name}: got (an object whose fields|a function)`));
    }
  });

  it.each(CALLS)("is told from none at all as %s", (name, call) => {
    for (const none of [null, 5, "text", Symbol("none"), 1n]) {
      expect(() => call(none as never)).toThrow(TypeError);
      expect(() => call(none as never)).toThrow(new RegExp(`^(${name}|options): got `));
    }
  });
});
