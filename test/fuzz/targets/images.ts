import { KINDS, ODDITIES } from "../../support/odd-values.ts";
import { Choices } from "../choices.ts";
import { checkAnswer, checkImage, checkRefusal, demand, type Ending } from "../contract.ts";
import { type Target, type Watched, watchedClassifier } from "../target.ts";

const LENGTHS = [784, 1568, 0, 783, 785, 16, 1, 2352];

/** Something for an image: of any type and length, with values in and out of range, or nothing of the kind. */
function anyImage(choices: Choices): unknown {
  if (choices.rarely(16)) return choices.pick(ODDITIES)();
  const length = choices.rarely(4) ? choices.pick(LENGTHS) : 784;
  const values = choices.values(length);
  const Kind = choices.rarely(4) ? choices.pick(KINDS) : choices.pick([Float32Array, Float64Array, Uint8Array]);
  const isFloat = Kind === Float32Array || Kind === Float64Array;
  const array = new Kind(length) as Float64Array;
  const isBig = (array as unknown) instanceof BigInt64Array || (array as unknown) instanceof BigUint64Array;
  for (let at = 0; at < length; ++at) {
    const value = isFloat ? (values[at] as number) : Math.round(255 * (values[at] as number));
    array[at] = isBig ? (BigInt(value) as never) : value;
  }
  while (!isBig && length > 0 && choices.rarely(8)) array[choices.below(length)] = choices.number();
  if (!choices.rarely(16)) return array;
  return choices.pick<() => unknown>([
    () => Array.from(array),
    () => array.subarray(1),
    () => new Proxy(array, {}),
    () => array.buffer,
  ])();
}

function anyLatent(choices: Choices): unknown {
  if (choices.rarely(16)) return choices.pick(ODDITIES)();
  const length = choices.rarely(8) ? choices.byte() % 40 : 16;
  const latent = Array.from({ length }, () => (choices.rarely(8) ? choices.number() : choices.byte() / 32 - 4));
  return choices.pick([latent, Float32Array.from(latent), Float64Array.from(latent)]);
}

const anyLabel = (choices: Choices): number => (choices.rarely(8) ? choices.number() : choices.byte() % 10);

type Call = (watched: Watched, choices: Choices) => void | Promise<void>;

const CALLS: readonly Call[] = [
  ({ abs }, choices) => checkAnswer(abs.classify(anyImage(choices) as never), abs.classes),
  ({ abs }, choices) => {
    const label = abs.label(anyImage(choices) as never);
    demand(abs.classes[label] !== undefined, () => `label ${label}`);
  },
  ({ abs }, choices) => {
    for (const answer of abs.classifyBatch(anyImage(choices) as never)) checkAnswer(answer, abs.classes);
  },
  ({ abs }, choices) => {
    const found = abs.explain(anyImage(choices) as never);
    checkAnswer(found, abs.classes);
    for (const { reconstruction, loss } of found.classes) {
      // Gain and offset may lead out of [0, 1].
      demand(reconstruction.every(Number.isFinite), () => "a reconstruction that is no number");
      demand(!Number.isNaN(loss), () => "a loss that is no number");
    }
    demand(found.advantage.every(Number.isFinite), () => "an advantage that is no number");
  },
  ({ abs }, choices) => {
    const { losses, gradients } = abs.lossAndGradient(anyImage(choices) as never);
    demand(losses.every(Number.isFinite), () => `losses ${losses}`);
    demand(
      gradients.length === losses.length && gradients.every((gradient) => gradient.every(Number.isFinite)),
      () => "a gradient that is no number",
    );
  },
  ({ abs }, choices) => checkImage(abs.decode(anyLabel(choices), anyLatent(choices) as never)),
  ({ abs }, choices) => {
    const { loss, gradient } = abs.evaluate(anyImage(choices) as never, anyLabel(choices), anyLatent(choices) as never);
    demand(!Number.isNaN(loss) && gradient.every((slope) => !Number.isNaN(slope)), () => `loss ${loss}`);
  },
  ({ abs }, choices) => {
    const options = anyOptions(choices, { seed: [0, 1, 2 ** 32 - 1], count: [1, 2, 5] });
    for (const image of abs.sample(anyLabel(choices), options as never)) checkImage(image);
  },
  ({ abs }, choices) => {
    const image = anyImage(choices);
    const options = anyOptions(choices, {
      sigma: [0.25, 1, 10, 1e-9],
      samples: [1, 3, 20],
      alpha: [0.001, 0.5, 1e-300],
      seed: [0, 7, 2 ** 32 - 1],
      base: ["surrogates", "label"],
    });
    const { label, lowerBound, radius, votes } = abs.certify(image as never, options as never);
    demand(abs.classes[label] !== undefined && lowerBound >= 0 && lowerBound < 1, () => `${label}, ${lowerBound}`);
    demand(radius >= 0 && Number.isFinite(radius) && votes >= 0, () => `a radius of ${radius} by ${votes} votes`);
  },
  async ({ abs }, choices) => {
    const frames = choices.rarely(4) ? choices.pick(ODDITIES)() : [anyImage(choices), anyImage(choices)];
    const options = anyOptions(choices, { ahead: [0, 1, 64] });
    for await (const answer of abs.classifyStream(frames as never, options as never)) checkAnswer(answer, abs.classes);
  },
];

/** Options of these names with values that are right, or not, now and then misspelt. */
export function anyOptions(
  choices: Choices,
  right: Readonly<Record<string, readonly unknown[]>>,
): Record<string, unknown> | unknown {
  if (choices.rarely(32)) return choices.pick(ODDITIES)();
  const names = Object.keys(right);
  const options: Record<string, unknown> = {};
  for (let count = choices.byte() % 4; count > 0; --count) {
    const name = choices.pick(names);
    const key = choices.rarely(32) ? `${name}${choices.text(3)}` : name;
    // Numbers out of any range, but none that is right and dear.
    options[key] = choices.rarely(6)
      ? choices.pick<() => unknown>([
          () => choices.pick([Number.NaN, -1, 0, 0.5, 1e308, 2 ** 53, Number.POSITIVE_INFINITY]),
          () => choices.text(12),
          () => choices.pick(ODDITIES)(),
        ])()
      : choices.pick(right[name] as readonly unknown[]);
  }
  return options;
}

/** A source's own failure, and what is no source, are the caller's. */
const FROM_SOURCES = /^(frames?|frame \d+|Result of|.*Symbol)/;

/** Every method of a classifier. */
export const images: Target = {
  name: "images",
  length: 300,
  async prepare(ground) {
    const watched = [
      await watchedClassifier(ground),
      await watchedClassifier(ground, { effort: "standard", variant: "binary-abs" }),
    ];
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const choices = new Choices(bytes);
      const one = watched[choices.rarely(5) ? 1 : 0] as Watched;
      const call = choices.pick(CALLS);
      let ending: Ending = "answered";
      try {
        await call(one, choices);
      } catch (error) {
        const isTheirs = call === CALLS.at(-1) && error instanceof TypeError && FROM_SOURCES.test(error.message);
        ending = isTheirs ? "refused" : checkRefusal(error);
      }
      one.check();
      return ending;
    };
    return { trial };
  },
};
