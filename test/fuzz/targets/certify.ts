import { binomialLowerBound } from "../../../src/certify/binomial-bound.ts";
import { normalQuantile } from "../../../src/certify/normal-distribution.ts";
import { PrototypeClassifier } from "../../../src/certify/prototype-classifier.ts";
import { certifySmoothed } from "../../../src/certify/smoothing.ts";
import { ODDITIES } from "../../support/odd-values.ts";
import { Choices } from "../choices.ts";
import { checkRefusal, demand, type Ending } from "../contract.ts";
import type { Target } from "../target.ts";
import { anyOptions } from "./images.ts";

const odd = (choices: Choices, usual: () => unknown): unknown =>
  choices.rarely(16) ? (choices.rarely(2) ? choices.pick(ODDITIES)() : choices.number()) : usual();

function binomial(choices: Choices): void {
  const trials = odd(choices, () => 1 + choices.below(65_536));
  const most = typeof trials === "number" && trials >= 1 ? trials : 1;
  const successes = odd(choices, () => choices.below(65_536) % (most + 1));
  const alpha = odd(choices, () => choices.pick([0.5, 0.001, 1e-12, 1e-300, 0.999_999]));
  const bound = binomialLowerBound(successes as number, trials as number, alpha as number);
  demand(bound >= 0 && bound < 1 && bound <= (successes as number) / (trials as number), () => `a bound of ${bound}`);
}

function quantile(choices: Choices): void {
  const share = odd(choices, () =>
    choices.pick([choices.byte() / 255, 2 ** -choices.byte(), 1 - 2 ** -(choices.byte() % 54)]),
  ) as number;
  const found = normalQuantile(share);
  demand(found >= -8.5 && found <= 8.5, () => `a quantile of ${found}`);
}

function smoothing(choices: Choices): void {
  const options = anyOptions(choices, {
    sigma: [0.25, 10, 1e-300],
    samples: [1, 10, 1000, 1_000_000],
    alpha: [0.5, 1e-300, 0.001],
    seed: [0, 2 ** 32 - 1],
    base: ["label", "surrogates"],
  });
  const share = choices.byte() / 255;
  const votes = (_: number, samples: number): unknown =>
    odd(choices, () => [Math.round(samples * share), odd(choices, () => samples - Math.round(samples * share))]);
  const { radius, lowerBound, abstained, label } = certifySmoothed(votes as never, options as never);
  demand(lowerBound >= 0 && lowerBound < 1 && label >= 0 && label < 2, () => `a bound of ${lowerBound} for ${label}`);
  demand(abstained ? radius === 0 : radius >= 0 && Number.isFinite(radius), () => `a radius of ${radius}`);
}

function prototypes(choices: Choices): void {
  const pixels = 1 + (choices.byte() % 9);
  const count = 2 + (choices.byte() % 5);
  const list = (item: () => unknown): unknown[] => Array.from({ length: count }, () => odd(choices, item));
  const given = {
    labels: odd(choices, () => list(() => choices.byte() % 3)),
    images: odd(choices, () => list(() => choices.values(pixels))),
    penalties: odd(choices, () => list(() => choices.byte() / 100)),
  };
  const classifier = new PrototypeClassifier(odd(choices, () => given) as never);
  const image = odd(choices, () => choices.values(pixels)) as Float64Array;
  const label = classifier.classify(image);
  demand(Number.isInteger(label), () => `label ${label}`);
  const norm = odd(choices, () => choices.pick(["l2", "linf", "l0"]));
  const { certified, attained, adversarial } = classifier.radius(image, norm as never);
  demand(certified >= 0 && certified <= attained, () => `certified ${certified}, attained ${attained}`);
  demand(
    adversarial.every((value) => value >= 0 && value <= 1),
    () => `an image of ${adversarial}`,
  );
}

const CALLS = [binomial, quantile, smoothing, prototypes];

/** What bounds robustness, with numbers of all kinds. */
export const certificates: Target = {
  name: "certify",
  length: 160,
  async prepare() {
    const trial = (bytes: Uint8Array): Ending => {
      const choices = new Choices(bytes);
      try {
        choices.pick(CALLS)(choices);
        return "answered";
      } catch (error) {
        return checkRefusal(error);
      }
    };
    return { trial };
  },
};
