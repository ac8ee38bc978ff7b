import pMap from "p-map";
import { NORMS, type Norm } from "../../attacks/norms.ts";
import { isSameFile } from "../../files/is-same-file.ts";
import { writeWholeFile } from "../../files/write-whole-file.ts";
import {
  CHOSEN_IMAGES_OPTIONS,
  type ChosenImages,
  checkLabels,
  imageValues,
  measuredSettings,
  readChosenImages,
  sha256OfData,
} from "../chosen-images.ts";
import { type Command, type Invocation, MODEL_OPTIONS, seedAt, UsageError, WORKERS_OPTION } from "../command.ts";
import {
  DONE,
  type Environment,
  interruptedBy,
  printJson,
  printLines,
  printProblem,
  printTable,
} from "../environment.ts";
import { type Workforce, withWorkforce } from "../load-classifier.ts";
import { startProgress } from "../progress.ts";
import type { ImageRange } from "../shards.ts";
import type { CommandClassifier } from "../tasks.ts";
import { attackedClassifier, isConfirmed } from "./attacker.ts";
import { attackFromNoise } from "./distal.ts";
import { type AttackRun, attackDocument, summarise } from "./document.ts";
import { Gallery, showChanges } from "./gallery.ts";
import { attackLines, attackTables } from "./lines.ts";
import type { AttackMethods } from "./methods.ts";
import { reportOf } from "./report/report.ts";
import { type AttackRecord, type AttackUnit, type NormPlan, type RunSettings, unitName } from "./results.ts";
import { ResultStore, type StoredResult } from "./store.ts";

/** `abs attack`: measures how little has to change for the model to be wrong. */
export const attackCommand: Command = {
  name: "attack",
  usage: "--data DIR | --distal",
  summary: "measure how far images of MNIST-like files have to change until the label is wrong",
  positionals: { least: 0, most: 0 },
  options: {
    ...CHOSEN_IMAGES_OPTIONS,
    norm: { value: "NAMES", description: `how change is measured, out of ${NORMS.join(",")} (default: all)` },
    attack: { value: "NAMES", description: "which attacks, with commas between (default: all that the model allows)" },
    budget: {
      value: "N",
      description:
        "questions to the model for each attack and image (default: the attack's own), with --distal steps of each climb",
    },
    seed: { value: "N", description: "where attacks draw at random; image N takes the seed plus N (default: 0)" },
    ...WORKERS_OPTION,
    resume: { value: "FILE", description: "keep every result in this file, and go on from it when it is there" },
    out: { value: "FILE", description: "write a report as one HTML file" },
    distal: { description: "start from noise instead, and climb until the model is sure of each class" },
    ...MODEL_OPTIONS,
  },
  examples: [
    "abs attack --data mnist --limit 100 --norm l2 --workers auto",
    "abs attack --data mnist --limit 1000 --workers auto --resume attacks.jsonl --out attacks.html",
    "abs attack --data mnist --shard 0/8 --json > 0.json",
    "abs attack --distal --out distal.html",
  ],
  run: attackSplit,
};

/** What the command line asks for. */
interface Request extends Omit<ChosenImages, "split"> {
  readonly norms: readonly Norm[] | undefined;
  readonly attacks: readonly string[] | undefined;
  readonly workers: number;
  readonly resume: string | undefined;
  readonly out: string | undefined;
  /** All but what only the classifier knows. */
  readonly settings: Omit<RunSettings, "weightsSha256">;
}

/** What a run came to. */
interface Found {
  readonly run: AttackRun;
  /** By the clock on the wall, this time. */
  readonly seconds: number;
  /** The signal that ended it early. */
  readonly endedBy: NodeJS.Signals | undefined;
}

async function attackSplit(invocation: Invocation, environment: Environment): Promise<number> {
  if (invocation.flag("distal")) return await attackFromNoise(invocation, environment);
  const request = await readRequest(invocation, environment);
  const { directory, shard, whole, out } = request;
  const { workers } = request;
  const commandLine = invocation.words;
  const { run, seconds, endedBy } = await withWorkforce(
    invocation,
    environment,
    workers,
    (workforce) => attackImages(request, workforce, environment, commandLine),
    { keepThisThreadFree: true },
  );
  // Printed before the report is written: should the disk be full by now, the results are not lost.
  if (invocation.flag("json")) {
    const place = shard === undefined ? {} : { shard, of: whole };
    printJson(environment, attackDocument(run, { data: directory, workers, seconds, ...place }));
  } else {
    printTable(environment, attackTables(run));
    printLines(environment, attackLines(run));
  }
  if (out !== undefined) {
    await writeReport(out, run, commandLine, seconds);
    if (!invocation.flag("json")) printLines(environment, [`${out}: report`]);
  }
  if (endedBy === undefined) return DONE;
  printProblem(environment, "abs attack", `interrupted by ${endedBy} after ${run.results.length} attacks`);
  return interruptedBy(endedBy);
}

async function readRequest(invocation: Invocation, environment: Environment): Promise<Request> {
  const norms = invocation.names("norm", NORMS);
  const attacks = invocation.names("attack", environment.attacks.names);
  const budget = invocation.wholeNumber("budget", null, 1);
  const seed = invocation.seed();
  const workers = invocation.workers();
  const resume = invocation.text("resume");
  const out = invocation.fileToWrite("out", "HTML");
  if (resume !== undefined && out !== undefined && (await isSameFile(resume, out))) {
    throw new UsageError("--resume and --out want two files");
  }
  const { split, ...images } = await readChosenImages(invocation);
  const dataSha256 = sha256OfData(images.data);
  return {
    ...images,
    ...{ norms, attacks, workers, resume, out },
    settings: { ...measuredSettings(invocation, environment, { split, dataSha256 }), budget, seed },
  };
}

/**
 * Which attacks run in which norm. Of named attacks each runs in the norms that it knows.
 *
 * @throws UsageError when that leaves an attack or a norm that was named with nothing to do
 */
function planAttacks(
  { norms, attacks, settings }: Request,
  methods: AttackMethods,
  classifier: CommandClassifier,
): NormPlan[] {
  // Nothing is asked of this one: it shows what the threads' models will offer.
  const model = attackedClassifier(classifier, isConfirmed(settings) ? classifier : undefined);
  const plan = (norms ?? NORMS)
    .map((norm) => ({
      norm,
      attacks: methods.attacksFor(model, norm).filter((name) => attacks?.includes(name) ?? true),
    }))
    .filter((part) => norms !== undefined || part.attacks.length > 0);
  const tried = (norms ?? NORMS).join(", ");
  const idle = attacks?.find((name) => plan.every((part) => !part.attacks.includes(name)));
  if (idle !== undefined) throw new UsageError(`--attack ${idle} does not work on this model in ${tried}`);
  const empty = plan.find((part) => part.attacks.length === 0)?.norm ?? (plan.length === 0 ? tried : undefined);
  if (empty !== undefined) throw new UsageError(`--norm ${empty} leaves no attack to run`);
  return plan;
}

async function attackImages(
  request: Request,
  workforce: Workforce,
  environment: Environment,
  commandLine: readonly string[],
): Promise<Found> {
  const { data, range, resume, out } = request;
  const { classifier, classes, weightsSha256 } = workforce;
  checkLabels(data, range, classes.length);
  const settings: RunSettings = { ...request.settings, weightsSha256 };
  const plan = planAttacks(request, environment.attacks, classifier);
  const board = new ResultBoard(plan, range);
  const store =
    resume === undefined ? undefined : await ResultStore.open(resume, settings, (known) => board.add(known));
  const run = (): AttackRun =>
    summarise({
      ...settings,
      plan,
      classes,
      offset: range.start,
      images: range.stop - range.start,
      results: board.records(),
      gallery: showChanges(board.gallery, classifier, (image) => imageValues(data, image)),
    });
  const began = performance.now();
  const { signal, stop } = environment.listenForSignals();
  try {
    // Better now than after hours: a place where no report can be written.
    if (out !== undefined) await writeReport(out, run(), commandLine, 0);
    const keep = async (result: StoredResult): Promise<void> => {
      await store?.add(result);
      board.add(result);
    };
    await runUnits(request, workforce, board, keep, startProgress(environment, "attacking"), signal);
  } finally {
    stop();
    await store?.close();
  }
  const endedBy = signal.aborted ? (signal.reason as NodeJS.Signals) : undefined;
  return { run: run(), seconds: (performance.now() - began) / 1000, endedBy };
}

/** What is known, and what is still to be found. */
class ResultBoard {
  readonly gallery: Gallery;
  readonly #plan: readonly NormPlan[];
  readonly #range: ImageRange;
  readonly #wanted: ReadonlySet<string>;
  readonly #records = new Map<string, AttackRecord>();

  constructor(plan: readonly NormPlan[], range: ImageRange) {
    this.gallery = new Gallery(plan);
    this.#plan = plan;
    this.#range = range;
    this.#wanted = new Set(Array.from(this.#units(), unitName));
  }

  /** The first result for a unit counts; what is not part of this run counts nowhere. */
  add({ changed, ...record }: StoredResult): void {
    const name = unitName(record);
    if (this.#records.has(name) || !this.#wanted.has(name)) return;
    this.#records.set(name, record);
    if (changed !== undefined) this.gallery.offer({ ...record, changed });
  }

  records(): AttackRecord[] {
    return Array.from(this.#records.values());
  }

  get done(): number {
    return this.#records.size;
  }

  get total(): number {
    const { start, stop } = this.#range;
    return (stop - start) * this.#plan.reduce((sum, { attacks }) => sum + attacks.length, 0);
  }

  /** Image by image, so that what is interrupted is whole for the first images. */
  *missing(): Generator<AttackUnit> {
    for (const unit of this.#units()) if (!this.#records.has(unitName(unit))) yield unit;
  }

  *#units(): Generator<AttackUnit> {
    for (let image = this.#range.start; image < this.#range.stop; ++image) {
      for (const { norm, attacks } of this.#plan) for (const attack of attacks) yield { image, norm, attack };
    }
  }
}

/** Runs what is missing, until the signal. */
async function runUnits(
  { data, settings: { seed, budget } }: Request,
  { tasks, concurrency }: Workforce,
  board: ResultBoard,
  keep: (result: StoredResult) => Promise<void>,
  progress: ReturnType<typeof startProgress>,
  signal: AbortSignal,
): Promise<void> {
  // What ends after the signal, or after another failed, is no part of what is written then.
  let isOver = false;
  const attackUnit = async (unit: AttackUnit): Promise<void> => {
    const { image: place, ...method } = unit;
    const truth = data.labels[place] as number;
    const { image: changed, ...outcome } = await tasks.attackImage({
      ...method,
      image: imageValues(data, place),
      truth,
      // Images draw independently of each other, and the same whichever shard they are in.
      seed: seedAt(seed, place),
      ...(budget === null ? {} : { budget }),
    });
    if (isOver) return;
    await keep({ image: place, truth, ...method, ...outcome, ...(changed === undefined ? {} : { changed }) });
    if (!isOver) progress.report(board.done, board.total);
  };
  try {
    progress.report(board.done, board.total);
    await pMap(board.missing(), attackUnit, { concurrency, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    isOver = true;
    progress.stop();
  }
}

async function writeReport(
  path: string,
  run: AttackRun,
  commandLine: readonly string[],
  seconds: number,
): Promise<void> {
  await writeWholeFile(path, reportOf(run, { commandLine, seconds }));
}
