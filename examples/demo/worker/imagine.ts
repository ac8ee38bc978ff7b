import type { Imagined, Place } from "../exchange.ts";
import { loadClassifier, loadModel } from "./models.ts";
import type { Respond } from "./task.ts";

/** What a class draws for a latent. */
export const imagine: Respond<"imagine"> = async ({ label, latent }) => {
  const abs = await loadClassifier();
  return await judged(abs.decode(label, latent));
};

/** Walks from one image to another: through the latents within a class, through the pixels between classes. */
export const walk: Respond<"walk"> = async ({ from, to, stops }) => {
  const abs = await loadClassifier();
  const [start, end] = [from, to].map(({ label, latent }: Place) => abs.decode(label, latent)) as [
    Float32Array,
    Float32Array,
  ];
  const found: Imagined[] = [];
  for (let stop = 0; stop < stops; ++stop) {
    const way = stop / (stops - 1);
    const image =
      from.label === to.label ? abs.decode(from.label, between(from.latent, to.latent, way)) : between(start, end, way);
    found.push(await judged(image));
  }
  return found;
};

function between(from: Float32Array, to: Float32Array, way: number): Float32Array {
  return from.map((value, index) => value + way * ((to[index] as number) - value));
}

async function judged(image: Float32Array): Promise<Imagined> {
  return { image, decision: (await loadModel("abs")).decide(image) };
}
