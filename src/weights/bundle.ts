import type { DecoderLayer } from "./decoder-shape.ts";
import type { Model, ModelDescription } from "./model.ts";
import type { RaceTables } from "./race.ts";
import { counted, type Order, rearrange } from "./rearrange.ts";
import type { StoredTensor } from "./stored-tensor.ts";

// The bundle: a model as the module reads it (assembly/bundle.ts): a header, the layers, then flat tensors with
// channels innermost, in the form in which the weights file stores them.

const MAGIC = 0x42534241;
const VERSION = 3;
const HEADER_WORDS = 15;
const LAYER_WORDS = 16;
const RACE_SIZE_WORDS = 4;
const ELEMENTS = { F32: 0, F16: 1, I8: 2 } as const;
const PROTOTYPES_WORD = 10;
const RACE_WORD = 13;
const LENGTH_WORD = 14;

/** What the wrapper reads back from a bundle's header; offsets count bytes from the bundle's start. */
export interface BundleHeader {
  classes: number;
  latents: number;
  prototypes: number;
  metadataOffset: number;
  metadataLength: number;
}

/** Reads the header of the bundle that starts where `view` does. */
export function readBundleHeader(view: DataView): BundleHeader {
  const word = (index: number): number => view.getUint32(4 * index, true);
  return {
    classes: word(2),
    latents: word(3),
    prototypes: word(5),
    metadataOffset: word(8),
    metadataLength: word(9),
  };
}

/** Turns a checked model into a bundle. */
export function writeBundle(model: Model): Uint8Array<ArrayBuffer> {
  const classes = model.classes.length;
  const body = new Body(4 * (HEADER_WORDS + LAYER_WORDS * model.layers.length), classes);
  const metadata = new TextEncoder().encode(JSON.stringify(describe(model)));
  const metadataOffset = body.placeBytes(metadata);
  const layers = model.layers.flatMap((layer, index) => {
    const { weight, bias } = model.weights[index] as { weight: StoredTensor; bias: StoredTensor };
    return layerWords(body, layer, weight, bias);
  });
  const { prototypes, latents } = model;
  const prototypeWords = prototypes
    ? body.placeTensor(prototypes.latents, counted(prototypes.count * latents), counted(latents))
    : [0, 0, 0];
  const raceOffset = model.race === undefined ? 0 : placeRace(body, model.race);
  const bytes = body.withHeader();
  const view = new DataView(bytes.buffer);
  const write = (word: number, fields: readonly number[]): void => {
    fields.forEach((field, index) => {
      view.setUint32(4 * (word + index), field, true);
    });
  };
  write(0, [MAGIC, VERSION, classes, latents, model.layers.length, prototypes?.count ?? 0]);
  view.setFloat32(24, model.beta, true);
  view.setFloat32(28, model.sphereRadius, true);
  write(8, [metadataOffset, metadata.length]);
  write(PROTOTYPES_WORD, prototypeWords);
  write(RACE_WORD, [raceOffset]);
  write(LENGTH_WORD, [bytes.length]);
  write(HEADER_WORDS, layers);
  return bytes;
}

function describe({ classes, latents, confidence, binaryVariant }: Model): ModelDescription {
  return { classes, latents, confidence, ...(binaryVariant === undefined ? {} : { binaryVariant }) };
}

function layerWords(body: Body, layer: DecoderLayer, weight: StoredTensor, bias: StoredTensor): number[] {
  const { input, output } = layer;
  const found = rearrange(layer);
  return [
    found.kind,
    input.channels,
    input.height,
    input.width,
    output.channels,
    output.height,
    output.width,
    found.kernel,
    found.stride,
    found.padding,
    ...body.placeTensor(weight, found.weight, found.scales),
    ...body.placeTensor(bias, found.bias, found.scales),
  ];
}

/** Places the tables of the race, their description last, and returns its offset. */
function placeRace(body: Body, race: RaceTables): number {
  const described = race.tensors.flatMap(({ tensor, groups, channels }) =>
    body.placeTensor(tensor, counted(tensor.values.length / groups), counted(channels), groups),
  );
  const { coefficients, surrogateHidden, proposalHidden, candidates } = race;
  const words = Uint8Array.from({ length: 4 * (RACE_SIZE_WORDS + described.length) });
  const view = new DataView(words.buffer);
  [coefficients, surrogateHidden, proposalHidden, candidates, ...described].forEach((word, index) => {
    view.setUint32(4 * index, word, true);
  });
  return body.placeBytes(words);
}

/** What follows the header and the layers, as it grows. */
class Body {
  readonly #start: number;
  readonly #classes: number;
  readonly #parts: Uint8Array[] = [];
  #end: number;

  constructor(start: number, classes: number) {
    this.#start = start;
    this.#classes = classes;
    this.#end = start;
  }

  /** Appends bytes at the next multiple of 4 and returns their offset. */
  placeBytes(bytes: Uint8Array): number {
    const offset = this.#end;
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    this.#parts.push(padded);
    this.#end += padded.length;
    return offset;
  }

  /**
   * Appends a tensor, the values of each of its groups (by default: classes) in the given order, and returns the three
   * words that describe it.
   */
  placeTensor(tensor: StoredTensor, order: Order, scaleOrder: Order, groups = this.#classes): number[] {
    const offset = this.placeBytes(this.#bytesOf(tensor, order, groups));
    const scales =
      tensor.element === "I8"
        ? this.placeBytes(this.#bytesOf({ element: "F32", values: tensor.scales }, scaleOrder, groups))
        : 0;
    return [ELEMENTS[tensor.element], offset, scales];
  }

  /** Everything so far, behind room for the header and the layers. */
  withHeader(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#end);
    let cursor = this.#start;
    for (const part of this.#parts) {
      bytes.set(part, cursor);
      cursor += part.length;
    }
    return bytes;
  }

  #bytesOf(
    { element, values }: { element: StoredTensor["element"]; values: StoredTensor["values"] },
    order: Order,
    groups: number,
  ): Uint8Array {
    const size = values.BYTES_PER_ELEMENT;
    const bytes = new Uint8Array(groups * order.length * size);
    const view = new DataView(bytes.buffer);
    const perGroup = values.length / groups;
    let at = 0;
    for (let index = 0; index < groups; ++index) {
      for (let place = 0; place < order.length; ++place) {
        const value = values[index * perGroup + (order[place] as number)] as number;
        if (element === "F32") view.setFloat32(at, value, true);
        else if (element === "F16") view.setUint16(at, value, true);
        else view.setInt8(at, value);
        at += size;
      }
    }
    return bytes;
  }
}
