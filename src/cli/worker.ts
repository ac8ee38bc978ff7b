import { workerData } from "node:worker_threads";
import workerpool from "workerpool";
import { createClassifier } from "../entries/node.ts";
import { ClassifierTasks, type Tasks } from "./tasks.ts";
import type { Preparation, WorkerSettings } from "./thread-pool.ts";

// What runs on each thread of a ThreadPool.

const classifier = await createClassifier({
  ...(workerData as WorkerSettings),
  onProgress: (done, total) => workerpool.workerEmit({ done, total } satisfies Preparation),
});
const tasks = new ClassifierTasks(classifier);

workerpool.worker({
  classifyBatch: (images) => tasks.classifyBatch(images),
  classifyFrames: (range) => tasks.classifyFrames(range),
} satisfies Tasks);
