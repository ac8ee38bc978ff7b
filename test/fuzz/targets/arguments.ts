import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "../../cli/fake-classifier.ts";
import { handmadePng, idxBytes, temporaryDirectory } from "../../files/handmade-files.ts";
import { UNPLEASANT } from "../../support/odd-values.ts";
import { Choices } from "../choices.ts";
import { demand, type Ending } from "../contract.ts";
import type { Target } from "../target.ts";

/** What each command is given when it is used as meant, and the options that it knows. */
const MODEL = [
  "--json",
  "--effort=quick",
  "--variant=abs",
  "--variant=binary-abs",
  "--inference=paper",
  "--confidence=paper",
  "--weights=one.png",
];
const FRAMES = ["--raw", "--preprocess"];
const RANGE = ["--offset=1", "--limit=2", "--workers=2", "--workers=auto"];
const COMMANDS: readonly { readonly words: readonly string[]; readonly options: readonly string[] }[] = [
  { words: ["classify", "images.gz", "one.png"], options: [...MODEL, ...FRAMES, ...RANGE, "--pictures=1"] },
  { words: ["read", "one.png"], options: MODEL },
  {
    words: ["explain", "images.gz"],
    options: [...MODEL, ...FRAMES, "--frame=3", "--html=page.html", "--png=sheet.png"],
  },
  { words: ["sample", "3"], options: [...MODEL, "--count=2", "--seed=7", "--out=sheet.png", "--out=data"] },
  {
    words: ["evaluate", "--data", "data"],
    options: [...MODEL, ...RANGE, "--split=test", "--split=train", "--shard=0/2"],
  },
  {
    words: ["attack", "images.gz"],
    options: [...MODEL, ...RANGE, "--norm=l2", "--norm=linf", "--attacks=first", "--seed=1", "--budget=20"],
  },
  {
    words: ["certify", "images.gz"],
    options: [...MODEL, ...RANGE, "--sigma=.5", "--samples=10", "--alpha=.1", "--seed=2"],
  },
  { words: ["merge", "shard.json"], options: ["--json"] },
  { words: ["data", "fetch", "data"], options: ["--json", "--mirror=http://localhost/"] },
];
const OPTIONS = [...COMMANDS.flatMap(({ options }) => options), "--help", "--unknown", "--count"];
const PLACES = [
  "images.gz",
  "nowhere",
  "data",
  "/dev/null",
  "0",
  "3",
  "1/2",
  "4294967296",
  "1e3",
  "-1",
  "auto",
  "race",
  "",
  "-",
  "--",
  "__proto__",
  "constructor",
  "99999999999999999999",
  "0x10",
  "1.5",
  "NaN",
];

function anyWord(choices: Choices): string {
  switch (choices.byte() % 4) {
    case 0:
      return choices.pick(PLACES);
    case 1:
      return choices.pick(UNPLEASANT);
    case 2:
      // Nothing may be written elsewhere.
      return choices.text(12).replaceAll("/", "");
    default:
      return choices.pick(OPTIONS);
  }
}

function anyList(choices: Choices): string[] {
  const { words, options } = choices.pick(COMMANDS);
  const list = choices.rarely(8) ? words.slice(0, choices.byte() % 2) : [...words];
  for (let count = choices.byte() % 4; count > 0; --count) list.push(choices.pick(options));
  for (let count = choices.byte() % 8 > 3 ? choices.byte() % 3 : 0; count > 0; --count) {
    const word = anyWord(choices);
    list.push(choices.rarely(2) ? `${choices.pick(OPTIONS).split("=")[0]}=${word}` : word);
  }
  return list;
}

/** Command lines, before a classifier that only pretends. */
export const commandLines = {
  name: "arguments",
  length: 80,
  async prepare() {
    const directory = await temporaryDirectory();
    const images = Uint8Array.from({ length: 4 * 784 }, (_, index) => (index % 784 === 0 ? 2 : index % 5));
    await directory.write("images.gz", gzipSync(idxBytes([4, 28, 28], images)));
    const shape = { width: 28, height: 28, depth: 8, colourType: 0 };
    await directory.write("one.png", handmadePng({ ...shape, rows: new Uint8Array(28 * 29) }));
    await directory.write("shard.json", "{}");
    await mkdir(join(directory.path, "data"));
    await directory.write("data/t10k-images-idx3-ubyte", idxBytes([4, 28, 28], images));
    await directory.write("data/t10k-labels-idx1-ubyte", idxBytes([4], Uint8Array.of(2, 2, 2, 3)));
    const before = process.cwd();
    const { fetch } = globalThis;
    /** How many ended with each exit code. */
    const codes = [0, 0, 0];
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      // What the commands write is written there, and nothing is fetched.
      process.chdir(directory.path);
      globalThis.fetch = () => Promise.reject(new Error("no network here"));
      try {
        const list = anyList(new Choices(bytes));
        const { code, stdout, stderr } = await run(list);
        const said = (): string =>
          `${JSON.stringify(list).slice(0, 400)} ended with ${code} and said ${JSON.stringify(stderr).slice(0, 600)}`;
        demand(code in codes, said);
        codes[code] = (codes[code] as number) + 1;
        demand(stderr.length < 4000, said);
        demand(code === 0 || stderr.startsWith("abs"), said);
        demand(/^Try: abs/m.test(stderr) === (code === 2), said);
        demand(!/[^\P{Cc}\n]/u.test(stdout + stderr), said);
        demand(!/\n +at |undefined|Cannot read|is not a function|is not iterable/.test(stderr), said);
        return code === 0 ? "answered" : "refused";
      } finally {
        globalThis.fetch = fetch;
        process.chdir(before);
      }
    };
    return { trial, end: () => directory.remove(), codes };
  },
} satisfies Target;
