import type { Classifier } from "../../src/classifier.ts";
import { AnswerHash } from "./answer-hash.ts";
import { mixedImages } from "./images.ts";

/**
 * Classifies images in turns by two classifiers, and by each of them alone.
 *
 * @returns the hash of each one's answers, alone and in turns: pairs of equal ones
 */
export function inTurns(
  first: Classifier,
  second: Classifier,
  images: number,
): readonly { readonly alone: string; readonly inTurns: string }[] {
  const pictures = mixedImages(first, images, 2);
  const both = [first, second];
  const alone = both.map((abs) => {
    const answers = new AnswerHash();
    for (const picture of pictures) answers.add(abs.classify(picture));
    return answers.digest();
  });
  const answers = both.map(() => new AnswerHash());
  for (const picture of pictures) {
    both.forEach((abs, which) => {
      answers[which]?.add(abs.classify(picture));
    });
  }
  return answers.map((hash, which) => ({ alone: alone[which] as string, inTurns: hash.digest() }));
}
