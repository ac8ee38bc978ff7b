import { types } from "node:util";
import { createClassifier } from "../../../src/entries/module.ts";
import { Choices } from "../choices.ts";
import { checkRefusal, type Ending } from "../contract.ts";
import { type Target, watchedClassifier } from "../target.ts";
import { anyOptions } from "./images.ts";

/** What a classifier is made with. */
export const options: Target = {
  name: "options",
  length: 60,
  async prepare(ground) {
    const { check } = await watchedClassifier(ground);
    const header = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const choices = new Choices(bytes);
      const given = anyOptions(choices, {
        inference: ["race", "paper"],
        effort: ["quick", "standard", "thorough"],
        variant: ["abs", "binary-abs"],
        confidence: ["paper", "calibrated"],
        onProgress: [() => undefined],
        weights: [new Uint8Array(), choices.bytes(20), new ArrayBuffer(9)],
        module: [ground.module, header, choices.bytes(20), Promise.resolve(header)],
      });
      let ending: Ending = "answered";
      try {
        // What is no object of options has no place for a module.
        const isPlain = !types.isProxy(given) && Object.getPrototypeOf(given) === Object.prototype;
        const all = isPlain ? { module: ground.module, ...(given as object) } : given;
        (await createClassifier(all as never)).dispose();
      } catch (error) {
        ending = checkRefusal(error);
      }
      check();
      return ending;
    };
    return { trial };
  },
};
