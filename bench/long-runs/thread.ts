import { parentPort, workerData } from "node:worker_threads";
import { createClassifier } from "../../src/entries/module.ts";
import { AnswerHash } from "./answer-hash.ts";
import { mixedImages } from "./images.ts";
import type { ThreadData } from "./threads.ts";

// What one of the threads runs: see threads.ts.

const { module, images } = workerData as ThreadData;
const abs = await createClassifier({ module });
const answers = new AnswerHash();
for (const image of mixedImages(abs, images, 3)) answers.add(abs.classify(image));
parentPort?.postMessage(answers.digest());
