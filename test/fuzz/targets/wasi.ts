import { ConsoleStdout, type Fd, File, OpenFile, WASI } from "@bjorn3/browser_wasi_shim";
import { portableMap } from "../../support/wasi-command.ts";
import { Choices } from "../choices.ts";
import { demand, type Ending } from "../contract.ts";
import type { Target } from "../target.ts";

const OPTIONS = [[], ["--format", "pgm"], ["--format=raw"], ["--effort=quick"]];
const ODD_OPTIONS = [["--format"], ["--nothing"], ["--format", "raw", "pgm"], ["--effort", ""], ["-"], [""]];
const WORDS = [
  "P5",
  "P2",
  "P6",
  "28",
  "29",
  "255",
  "0",
  "65535",
  "4294967296",
  "18446744073709551616",
  "#",
  "\n",
  " ",
  "-1",
  "x",
  "\0",
  "1e3",
];

const pixels = Uint8Array.from({ length: 784 }, (_, index) => (index % 28 > 12 && index % 28 < 16 ? 250 : index % 3));
const maps = [portableMap("P5", pixels), portableMap("P2", pixels, 255, "# text\n")];

function anyStream(choices: Choices): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (let count = choices.pick([1, 1, 2, 3, 0]); count > 0; --count) {
    const map = choices.pick(maps);
    switch (choices.byte() % 24) {
      case 0:
        pieces.push(map);
        break;
      case 1:
        pieces.push(pixels.subarray(0, choices.pick([784, 783, 1])));
        break;
      case 2:
        pieces.push(Buffer.from(Array.from({ length: choices.byte() % 12 }, () => choices.pick(WORDS)).join(" ")));
        break;
      case 3:
        pieces.push(map.subarray(0, choices.below(65_536) % map.length));
        break;
      case 4: {
        // A Buffer would give a view as its slice.
        const copy = Uint8Array.from(map);
        copy.set(choices.bytes(1 + (choices.byte() % 3)), choices.byte() % 60);
        pieces.push(copy);
        break;
      }
      case 5:
        pieces.push(choices.bytes(choices.byte()));
        break;
      default:
        pieces.push(map);
    }
  }
  return Buffer.concat(pieces);
}

/** What the WASI command reads from its standard input. */
export const wasiInput: Target = {
  name: "wasi",
  length: 200,
  async prepare({ wasi: module }) {
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const choices = new Choices(bytes);
      const words = choices.pick(choices.rarely(16) ? ODD_OPTIONS : OPTIONS);
      const input = choices.rarely(8) ? choices.rest() : anyStream(choices);
      const output: string[] = [];
      const errors: string[] = [];
      const streams: Fd[] = [
        new OpenFile(new File(input)),
        ConsoleStdout.lineBuffered((line) => output.push(line)),
        ConsoleStdout.lineBuffered((line) => errors.push(line)),
      ];
      const wasi = new WASI(["abs", "--label-only", ...words], [], streams, { debug: false });
      const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: wasi.wasiImport });
      const code = wasi.start(instance as Parameters<typeof wasi.start>[0]);
      demand([0, 1, 2].includes(code), () => `exit code ${code}`);
      demand(
        code === 2 || errors.length === code,
        () => `code ${code} and ${errors.length} messages: ${errors.join("; ")}`,
      );
      demand(
        errors.every((line) => /^[\P{Cc}]{0,200}$/u.test(line)),
        () => `said: ${JSON.stringify(errors)}`,
      );
      output.forEach((line, frame) => {
        const { frame: at, label } = JSON.parse(line) as { frame: number; label: number };
        demand(at === frame && Number.isInteger(label) && label >= 0 && label < 10, () => `printed ${line}`);
      });
      demand(output.length <= input.length / 784 + 3, () => `${output.length} lines for ${input.length} bytes`);
      return code === 0 ? "answered" : "refused";
    };
    return { trial };
  },
};
