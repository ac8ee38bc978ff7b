import { certifySmoothed } from "analysis-by-synthesis/certify";
import { CLASSES, PIXELS } from "../exchange.ts";
import { normals } from "../noise.ts";
import { bytesOf } from "./bytes.ts";
import { loadClassifier, loadModel } from "./models.ts";
import { paced, type Respond } from "./task.ts";

/** Noisy copies that are shown at a time. */
const SHOWN = 40;

/**
 * Lets a model label noisy copies of an image and bounds what follows. Copies are cut off at black and white before they are
 * labelled; that is part of the model whose votes are counted, so the bound holds.
 */
export const vote: Respond<"vote"> = async ({ model: name, image, sigma, samples }, { tell }) => {
  const abs = name === "abs" ? await loadClassifier() : undefined;
  const model = await loadModel(name);
  const labelOf = (copy: Float32Array) => abs?.label(copy) ?? model.classify(copy).label;
  const shown: { copy: Uint8Array; label: number }[] = [];
  const tally = new Array<number>(CLASSES).fill(0);
  const report = (): void => {
    const copies = new Uint8Array(SHOWN * PIXELS);
    shown.forEach(({ copy }, index) => {
      copies.set(copy, index * PIXELS);
    });
    tell({ copies, labels: shown.map(({ label }) => label), tally: [...tally] });
  };
  const show = paced(report);
  const certificate = certifySmoothed(
    (spread, count, seed) => {
      const normal = normals(seed);
      const votes = new Array<number>(CLASSES).fill(0);
      tally.fill(0);
      for (let sample = 0; sample < count; ++sample) {
        const copy = image.map((value) => Math.min(1, Math.max(0, value + spread * normal())));
        const label = labelOf(copy);
        votes[label] = (votes[label] as number) + 1;
        tally[label] = (tally[label] as number) + 1;
        shown.unshift({ copy: bytesOf(copy), label });
        shown.length = Math.min(shown.length, SHOWN);
        show();
      }
      return votes;
    },
    { sigma, samples },
  );
  report();
  return certificate;
};
