import { createClassifier } from "../../../src/entries/module.ts";
import { crc32 } from "../../../src/weights/crc32.ts";
import { WeightsError } from "../../../src/weights/errors.ts";
import { readWeights } from "../../../src/weights/read.ts";
import { UNPLEASANT } from "../../support/odd-values.ts";
import { randomImage } from "../../support/random-model.ts";
import { smallWeights } from "../../support/small-weights.ts";
import { type WeightsFileParts, writeWeightsFile } from "../../support/weights-file.ts";
import { Choices } from "../choices.ts";
import { checkAnswer, checkRefusal, demand, type Ending } from "../contract.ts";
import { type Target, watchedClassifier } from "../target.ts";

const TYPES = ["F32", "F16", "I8", "BF16", "I64", "BOOL", "float", "", "constructor"];
const EXTENTS = [0, 1, 2, 3, 2 ** 31, 2 ** 40, 2 ** 53, -1, 0.5];
const BITS = [0, -1, 1, 3, -0.001, 1e38, -1e38, 1e-45, Number.NaN, Number.POSITIVE_INFINITY];

/** A JSON value: a number, a text, or lists and objects, now and then of very many levels. */
function anyJson(choices: Choices, level = 0): unknown {
  switch (choices.byte() % (level < 3 ? 8 : 5)) {
    case 0:
      return choices.number();
    case 1:
      return choices.pick([null, true, false]);
    case 2:
      return choices.text(8);
    case 3:
      return choices.pick(UNPLEASANT);
    case 4:
      return choices.below(70);
    case 5:
      return Array.from({ length: choices.byte() % 4 }, () => anyJson(choices, level + 1));
    case 6:
      return Object.fromEntries(
        Array.from({ length: choices.byte() % 4 }, () => [choices.text(6), anyJson(choices, level + 1)]),
      );
    default: {
      let nested: unknown = 1;
      for (let depth = choices.byte(); depth > 0; --depth) nested = depth % 2 === 0 ? [nested] : { a: nested };
      return nested;
    }
  }
}

/** The document with another value somewhere. */
function changed(document: unknown, choices: Choices): unknown {
  if (typeof document !== "object" || document === null || choices.rarely(8)) return anyJson(choices);
  const names = Object.keys(document);
  if (names.length === 0) return anyJson(choices);
  const name = choices.pick(names);
  if (Array.isArray(document)) {
    const copy = [...document];
    const what = choices.byte() % 8;
    if (what === 7) copy.push(copy[Number(name)]);
    else if (what === 6) copy.pop();
    else copy[Number(name)] = changed(copy[Number(name)], choices);
    return copy;
  }
  const copy = { ...document } as Record<string, unknown>;
  if (choices.rarely(8)) delete copy[name];
  else copy[name] = changed(copy[name], choices);
  return copy;
}

/** Changes something of a file's parts. What is written afterwards has the checksums that belong to it. */
function changeParts({ metadata, tensors }: WeightsFileParts, choices: Choices): void {
  const names = Object.keys(tensors);
  if (names.length === 0) return;
  const name = choices.pick(names);
  const part = tensors[name] as WeightsFileParts["tensors"][string];
  const key = choices.pick(Object.keys(metadata));
  switch (choices.byte() % 9) {
    case 0: {
      const { values } = part;
      values[choices.below(65_536) % Math.max(1, values.length)] =
        values instanceof Float32Array ? choices.pick(BITS) : choices.below(65_536);
      return;
    }
    case 1:
      try {
        metadata[key] = JSON.stringify(changed(JSON.parse(metadata[key] as string), choices));
      } catch {
        metadata[key] = choices.text(12);
      }
      return;
    case 2:
      part.dtype = choices.pick(TYPES);
      return;
    case 3:
      part.shape[choices.byte() % Math.max(1, part.shape.length)] = choices.pick(EXTENTS);
      return;
    case 4:
      // As many values in another shape.
      part.shape = [part.values.length / 2, 2, ...Array.from({ length: choices.byte() % 6 }, () => 1)];
      return;
    case 5:
      delete tensors[name];
      return;
    case 6:
      tensors[choices.rarely(3) ? choices.text(10) : choices.pick(names)] = part;
      return;
    case 7:
      if (choices.rarely(2)) delete metadata[key];
      else metadata[choices.text(6)] = choices.pick(UNPLEASANT);
      return;
    default:
      metadata[key] = JSON.stringify(anyJson(choices));
  }
}

/** A file whose header says what it likes: offsets that overlap, lengths that are not there, names twice. */
function handmadeFile(choices: Choices): Uint8Array {
  const data = 4 * (choices.byte() % 40);
  const offset = (): number => (choices.rarely(4) ? (choices.pick(EXTENTS) as number) : choices.below(data + 2));
  const entries = Array.from({ length: choices.byte() % 5 }, () => {
    const name = choices.rarely(4) ? "__metadata__" : `t${choices.byte() % 3}`;
    const value =
      choices.rarely(8) || name === "__metadata__"
        ? anyJson(choices)
        : {
            dtype: choices.pick(TYPES),
            shape: Array.from({ length: choices.byte() % 4 }, () => choices.pick(EXTENTS)),
            data_offsets: [offset(), offset()],
          };
    return `${JSON.stringify(name)}:${JSON.stringify(value)}`;
  });
  const text = choices.rarely(8) ? "[".repeat(100 * choices.byte()) : `{${entries.join(",")}}`;
  const header = Buffer.from(text);
  const file = new Uint8Array(8 + header.length + data);
  const claimed = choices.rarely(8)
    ? BigInt.asUintN(64, BigInt(Math.trunc(1e15 * choices.byte())))
    : BigInt(header.length);
  new DataView(file.buffer).setBigUint64(0, claimed, true);
  file.set(header, 8);
  return file;
}

/** The file with other bytes in its data, and checksums of them where it can still be told what they are of. */
function changeBytes(file: Uint8Array, choices: Choices): Uint8Array {
  const copy = file.slice();
  for (let count = 1 + (choices.byte() % 4); count > 0; --count) {
    // The header as often as everything after it.
    const place = choices.below(65_536) % (choices.rarely(2) ? copy.length : Math.min(copy.length, 4000));
    copy[place] = choices.byte();
  }
  if (choices.rarely(4)) return copy.subarray(0, choices.below(65_536) % copy.length);
  return choices.rarely(8) ? Buffer.concat([copy, choices.bytes(9)]) : copy;
}

/** The bytes as they are, with a header's length before them that fits. */
function framed(bytes: Uint8Array): Uint8Array {
  const end = bytes.lastIndexOf(0x7d) + 1;
  const file = new Uint8Array(8 + bytes.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(end > 1 ? end : bytes.length), true);
  file.set(bytes, 8);
  return file;
}

function anyFile(choices: Choices): Uint8Array {
  switch (choices.byte() % 8) {
    case 0:
      return choices.rest();
    case 1:
      return framed(choices.rest());
    case 2:
      return handmadeFile(choices);
    default: {
      const parts = structuredClone(choices.pick(smallWeights));
      const changes = choices.byte() % 4;
      for (let count = 0; count < changes; ++count) changeParts(parts, choices);
      const file = writeWeightsFile(parts);
      return choices.rarely(8) ? changeBytes(file, choices) : file;
    }
  }
}

/** Files with weights, most of them with checksums that are right. */
export const weights: Target = {
  name: "weights",
  length: 200,
  async prepare(ground) {
    const { check } = await watchedClassifier(ground);
    const image = randomImage(1);
    const seen = new Set<number>();
    const trial = async (bytes: Uint8Array): Promise<Ending> => {
      const file = anyFile(new Choices(bytes));
      try {
        readWeights(file);
      } catch (error) {
        return checkRefusal(error, [WeightsError]);
      }
      // What the reader takes, the module takes. Files that are equal are tried once.
      const sum = Number.parseInt(crc32(file), 16);
      if (seen.has(sum)) return "answered";
      if (seen.size < 100_000) seen.add(sum);
      try {
        const abs = await createClassifier({ module: ground.module, weights: file, effort: "quick" });
        checkAnswer(abs.classify(image), abs.classes);
        const { classes } = abs.explain(image);
        for (const { reconstruction } of classes) {
          demand(reconstruction.every(Number.isFinite), () => "a reconstruction that is no number");
        }
        abs.dispose();
        return "answered";
      } catch (error) {
        return checkRefusal(error, [WeightsError]);
      } finally {
        check();
      }
    };
    return { trial };
  },
};
