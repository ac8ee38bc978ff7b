import type { Classifier } from "../../src/classifier.ts";
import { AnswerHash } from "./answer-hash.ts";

/**
 * Makes a classifier, asks it and disposes of it, time after time.
 *
 * @param create makes one
 * @param onTurn hears how many were made
 * @returns the different hashes of what they answered: one, where all is well
 */
export async function recreate(
  create: () => Promise<Classifier>,
  times: number,
  onTurn: (made: number) => void = () => undefined,
): Promise<ReadonlySet<string>> {
  const hashes = new Set<string>();
  // A loop that does nothing but create can fall asleep on Node 20 (nodejs/node issue 54918); a timer keeps it awake.
  const awake = setInterval(() => undefined, 100);
  try {
    for (let made = 1; made <= times; ++made) {
      const abs = await create();
      const answers = new AnswerHash();
      for (const image of abs.sample(made % abs.classes.length, { seed: 1 })) abs.classify(image);
      for (const image of abs.sample(3, { seed: 2 })) answers.add(abs.classify(image));
      hashes.add(answers.digest());
      abs.dispose();
      onTurn(made);
    }
  } finally {
    clearInterval(awake);
  }
  return hashes;
}
