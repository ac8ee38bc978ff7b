import { constants } from "node:os";
import type { Readable } from "node:stream";
import { printable, shownText } from "../arguments/printable.ts";
import type { Effort } from "../effort.ts";
import type { ConfidenceKind } from "../engine.ts";
import type { Inference } from "../search.ts";
import type { Variant } from "../weights/variants.ts";
import type { AttackMethods } from "./attack/methods.ts";
import type { DemoFiles } from "./demo-server.ts";
import type { CommandClassifier, Tasks } from "./tasks.ts";

/** Where a command prints. Both `process.stdout` and a stream that only collects will do. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Which classifier the command line asks for; what is left out has its default. */
export interface ClassifierSettings {
  readonly weights?: Uint8Array;
  readonly inference?: Inference;
  readonly effort?: Effort;
  readonly variant?: Variant;
  readonly confidence?: ConfidenceKind;
}

/** Hears how far the preparation of the paper's inference is. */
export type ReportProgress = (done: number, total: number) => void;

/** How the commands get one; given as a value so that a test can put something small in its place. */
export type CreateClassifier = (
  options?: ClassifierSettings & { readonly onProgress?: ReportProgress },
) => Promise<CommandClassifier>;

/** How the commands get up to `threads` of them, each on a thread of its own; `dispose` ends the threads. */
export type CreateThreads = (
  threads: number,
  settings: ClassifierSettings,
  onProgress: ReportProgress,
) => Promise<Tasks & { dispose(): Promise<void> }>;

/** Everything outside a command that it touches, other than files and the network. */
export interface Environment {
  /** Where the image comes from that is called `-`. */
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Results go here. */
  readonly stdout: Output;
  /** Progress and errors go here. */
  readonly stderr: Output;
  /** Environment variables; those that colours depend on are looked at (colour-depth.ts). */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The package's version. */
  readonly version: string;
  readonly createClassifier: CreateClassifier;
  readonly createThreads: CreateThreads;
  readonly attacks: AttackMethods;
  /** What `abs demo` serves. */
  readonly demo: DemoFiles;
  /**
   * Starts listening for the signals that ask a program to end. The first aborts with its name as the reason, so that what
   * was found can be written; another one ends the program. `stop` gives the signals back.
   */
  listenForSignals(): { readonly signal: AbortSignal; stop(): void };
}

/** Exit codes. */
export const DONE = 0;
/** Something about the input failed: a file, the weights, a download. */
export const FAILED = 1;
/** The command line was wrong. */
export const WRONG_USAGE = 2;

/** The exit code of a command that a signal ended early and that wrote what it had: as shells have it, 130 for Ctrl-C. */
export function interruptedBy(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/** Characters per line of the terminal on standard output, or what fits most where there is none. */
export function columnsOf({ stdout }: Environment): number {
  return stdout.columns || 80;
}

/** What JSON may hold as it is and a terminal acts upon. */
const NOT_IN_JSON = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Prints one JSON document; typed arrays become plain ones. */
export function printJson({ stdout }: Environment, document: unknown): void {
  const text = JSON.stringify(document, (_, value: unknown) =>
    value instanceof Float32Array || value instanceof Float64Array ? Array.from(value) : value,
  );
  stdout.write(`${text.replace(NOT_IN_JSON, printable)}\n`);
}

/** Prints lines of text on standard output, without control characters: names in them come from files. */
export function printLines({ stdout }: Environment, lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${printable(line)}\n`);
}

/** Prints the lines of a table, which a narrow terminal cuts off instead of wrapping them. */
export function printTable(environment: Environment, lines: readonly string[]): void {
  const { columns } = environment.stdout;
  printLines(environment, columns ? lines.map((line) => printable(line).slice(0, columns)) : lines);
}

/** Prints lines whose control characters are ours, such as colours. */
export function printDrawing({ stdout }: Environment, lines: readonly string[]): void {
  for (const line of lines) stdout.write(`${line}\n`);
}

/** What is longer quotes names and values at length. */
const LONGEST_PROBLEM = 1000;

/** Prints on standard error, in one line, what went wrong and in which command, e.g. `abs classify`. */
export function printProblem({ stderr }: Environment, command: string, problem: string): void {
  stderr.write(`${command}: ${shownText(problem, LONGEST_PROBLEM)}\n`);
}
