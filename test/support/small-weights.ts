import { randomConfidence } from "./confidence.ts";
import { randomModel, randomRaceTables } from "./random-model.ts";
import { type WeightsFileParts, weightsFileParts } from "./weights-file.ts";

const layers = [
  { kind: "dense", channels: 3, height: 7, width: 7 },
  { kind: "elu" },
  { kind: "pixel_shuffle_convolution", channels: 2, kernel: 3, upscale: 2 },
  { kind: "elu" },
  { kind: "transposed_convolution", channels: 1, kernel: 2, stride: 2 },
  { kind: "sigmoid" },
];

/** Files of each kind of numbers, with tables for the race and without, with all that is optional and without. */
export const smallWeights: readonly WeightsFileParts[] = [
  ...(["I8", "F16"] as const).map((element) => {
    const plain = randomModel(layers, { latents: 2, classes: 3, prototypes: 2, element });
    const race = randomRaceTables(
      plain,
      { coefficients: 4, surrogateHidden: 4, proposalHidden: 4, candidates: 1 },
      element,
    );
    return { ...plain, race, confidence: { ...plain.confidence, calibrated: randomConfidence(2, 3) } };
  }),
  {
    ...randomModel(layers, { latents: 3, classes: 2, prototypes: 3, element: "F32" }),
    binaryVariant: { threshold: 0.5, classScales: [1, 2], confidence: { scale: 30, floor: 1e-3, rejectBelow: 0.5 } },
  },
].map((model) => weightsFileParts(model, layers));
