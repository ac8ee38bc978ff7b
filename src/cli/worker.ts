import { workerData } from "node:worker_threads";
import workerpool from "workerpool";
import { createClassifier } from "../entries/node.ts";
import { Attacker } from "./attack/attacker.ts";
import { ATTACK_METHODS } from "./attack/methods.ts";
import { ClassifierTasks, type Tasks } from "./tasks.ts";
import type { Preparation, WorkerSettings } from "./thread-pool.ts";

// What runs on each thread of a ThreadPool.

const settings = workerData as WorkerSettings;
const classifier = await createClassifier({
  ...settings,
  onProgress: (done, total) => workerpool.workerEmit({ done, total } satisfies Preparation),
});
const attacker = new Attacker(ATTACK_METHODS, classifier, settings, (given) =>
  createClassifier({ ...settings, ...given }),
);
const tasks = new ClassifierTasks(classifier, attacker);

workerpool.worker({
  classifyBatch: (images) => tasks.classifyBatch(images),
  classifyFrames: (range) => tasks.classifyFrames(range),
  attackImage: (task) => tasks.attackImage(task),
  certifyImage: (image, options) => tasks.certifyImage(image, options),
} satisfies Tasks);
