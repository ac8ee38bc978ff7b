import { shown } from "../arguments/shown.ts";
import { type Command, type Invocation, JSON_OPTION, UsageError } from "./command.ts";
import { fetchDataFiles } from "./download.ts";
import { DONE, type Environment, FAILED, printJson, printLines, printProblem } from "./environment.ts";
import { type DataFile, MNIST_FILES } from "./mnist-files.ts";
import { startProgress } from "./progress.ts";

const MIRRORS = [
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
] as const;

/** `abs data fetch`: downloads MNIST. */
export const dataFetchCommand: Command = dataFetchCommandFor(MNIST_FILES);

/** The command for other files than MNIST's own; the files' hashes are what a download is held to. */
export function dataFetchCommandFor(files: readonly DataFile[]): Command {
  return {
    name: "data fetch",
    usage: "DIR",
    summary: "download the four MNIST files and check their hashes",
    positionals: { least: 1, most: 1 },
    options: {
      mirror: { value: "URL", description: "download from here instead of the public mirrors" },
      ...JSON_OPTION,
    },
    examples: ["abs data fetch mnist"],
    run: (invocation, environment) => fetchFiles(invocation, environment, files),
  };
}

async function fetchFiles(
  invocation: Invocation,
  environment: Environment,
  files: readonly DataFile[],
): Promise<number> {
  const [directory] = invocation.positionals;
  if (directory === undefined) throw new UsageError("missing argument: DIR");
  const mirror = invocation.text("mirror");
  const mirrors = mirror === undefined ? MIRRORS : [checkedMirror(mirror)];
  const results = await fetchDataFiles({
    directory,
    mirrors,
    files,
    onMirrorFailed: (message) => printProblem(environment, "abs data fetch", message),
    startProgress: (label) => startProgress(environment, label),
  });
  if (invocation.flag("json")) printJson(environment, { directory, files: results });
  else
    printLines(
      environment,
      results.map(({ path, outcome }) => `${path}: ${outcome}`),
    );
  return results.every(({ outcome }) => outcome !== "failed") ? DONE : FAILED;
}

/** @throws UsageError when it is no http or https address */
function checkedMirror(mirror: string): string {
  if (!URL.canParse(mirror) || !/^https?:$/.test(new URL(mirror).protocol)) {
    throw new UsageError(`--mirror wants an http or https address, got ${shown(mirror)}`);
  }
  return mirror;
}
