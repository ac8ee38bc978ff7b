import type { Classifier } from "../../src/classifier.ts";
import { AnswerHash } from "./answer-hash.ts";
import { mixedImages } from "./images.ts";

/** Of the images that a block repeats. */
const IMAGES = 1000;

/** What a block of equal images came to. */
export interface Block {
  /** Classifications so far, this block's included. */
  readonly done: number;
  /** Over all answers. */
  readonly hash: string;
  /** Bytes of the module's memory afterwards. */
  readonly memoryBytes: number;
}

/**
 * Classifies the same images again and again in one instance, block after block; all blocks must be equal. Between blocks
 * an image goes through everything else that a classifier does, which must leave nothing behind.
 *
 * @param block classifications per block, a multiple of the images
 * @returns an endless sequence; who has enough leaves it
 */
export function* blocksInOneInstance(abs: Classifier, block: number, images = IMAGES): Generator<Block, never, void> {
  const pictures = mixedImages(abs, images, 1);
  for (let done = 0; ; ) {
    const answers = new AnswerHash();
    for (let at = 0; at < block; ++at) answers.add(abs.classify(pictures[at % images] as Float32Array));
    done += block;
    yield { done, hash: answers.digest(), memoryBytes: abs.memoryBytes };
    const other = pictures[(done / block) % images] as Float32Array;
    abs.explain(other);
    abs.lossAndGradient(other);
    abs.label(other);
    abs.certify(other, { samples: 10 });
    abs.classifyBatch(Float32Array.from([...other, ...other, ...other]));
    abs.sample(1, { count: 3 });
  }
}
