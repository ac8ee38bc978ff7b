import {
  BETA_WORD,
  BIAS_WORD,
  BUNDLE_MAGIC,
  BUNDLE_VERSION,
  CANDIDATES_WORD,
  CLASSES_WORD,
  COEFFICIENTS_WORD,
  F16,
  F32,
  GAIN_WORD,
  HEADER_WORDS,
  I8,
  INPUT_WORD,
  KERNEL_WORD,
  KIND_WORD,
  LATENTS_WORD,
  LAYER_COUNT_WORD,
  LAYER_WORDS,
  LENGTH_WORD,
  MAGIC_WORD,
  METADATA_LENGTH_WORD,
  METADATA_OFFSET_WORD,
  OFFSET_WORD,
  OUTPUT_WORD,
  PADDING_WORD,
  PROPOSAL_HIDDEN_WORD,
  PROTOTYPE_COUNT_WORD,
  PROTOTYPES_WORD,
  RACE_OFFSET_WORD,
  RACE_WORDS,
  RESPONSE_WORD,
  SPHERE_RADIUS_WORD,
  STRIDE_WORD,
  SURROGATE_HIDDEN_WORD,
  TENSOR_WORDS,
  TOLERANCE_WORD,
  VERSION_WORD,
  VIEWS_WORD,
  WEIGHTS_WORD,
  WORD_BYTES,
} from "../../format/bundle.ts";
import type { DecoderLayer } from "./decoder-shape.ts";
import type { Model, ModelDescription } from "./model.ts";
import type { RaceTables } from "./race.ts";
import { counted, type Order, rearrange } from "./rearrange.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { encodeUtf8 } from "./utf8.ts";

// The bundle: a model as the module reads it (assembly/bundle.ts): a header, the layers, then flat tensors with
// channels innermost, in the form in which the weights file stores them.

const ELEMENTS = { F32, F16, I8 } as const;

/** What the wrapper reads back from a bundle's header; offsets count bytes from the bundle's start. */
export interface BundleHeader {
  classes: number;
  latents: number;
  prototypes: number;
  /** Weight of ½‖z‖² in the loss. */
  beta: number;
  metadataOffset: number;
  metadataLength: number;
}

/** Reads the header of the bundle that starts where `view` does. */
export function readBundleHeader(view: DataView): BundleHeader {
  const word = (index: number): number => view.getUint32(WORD_BYTES * index, true);
  return {
    classes: word(CLASSES_WORD),
    latents: word(LATENTS_WORD),
    prototypes: word(PROTOTYPE_COUNT_WORD),
    beta: view.getFloat32(WORD_BYTES * BETA_WORD, true),
    metadataOffset: word(METADATA_OFFSET_WORD),
    metadataLength: word(METADATA_LENGTH_WORD),
  };
}

/** Turns a checked model into a bundle. */
export function writeBundle(model: Model): Uint8Array<ArrayBuffer> {
  const classes = model.classes.length;
  const body = new Body(WORD_BYTES * (HEADER_WORDS + LAYER_WORDS * model.layers.length), classes);
  const metadata = encodeUtf8(JSON.stringify(describe(model)));
  const metadataOffset = body.placeBytes(metadata);
  const layers = model.layers.map((layer, index) => {
    const { weight, bias } = model.weights[index] as { weight: StoredTensor; bias: StoredTensor };
    return layerWords(body, layer, weight, bias);
  });
  const { prototypes, latents } = model;
  const prototypeWords = prototypes
    ? body.placeTensor(prototypes.latents, counted(prototypes.count * latents), counted(latents))
    : Array<number>(TENSOR_WORDS).fill(0);
  const raceOffset = model.race === undefined ? 0 : placeRace(body, model.race);
  const bytes = body.withHeader();
  const view = new DataView(bytes.buffer);
  const write = (word: number, ...fields: readonly number[]): void => {
    fields.forEach((field, index) => {
      view.setUint32(WORD_BYTES * (word + index), field, true);
    });
  };
  write(MAGIC_WORD, BUNDLE_MAGIC);
  write(VERSION_WORD, BUNDLE_VERSION);
  write(CLASSES_WORD, classes);
  write(LATENTS_WORD, latents);
  write(LAYER_COUNT_WORD, model.layers.length);
  write(PROTOTYPE_COUNT_WORD, prototypes?.count ?? 0);
  view.setFloat32(WORD_BYTES * BETA_WORD, model.beta, true);
  view.setFloat32(WORD_BYTES * SPHERE_RADIUS_WORD, model.sphereRadius, true);
  const { response = 1, photometry, tolerance = 0 } = model.assumptions ?? {};
  view.setFloat32(WORD_BYTES * RESPONSE_WORD, response, true);
  view.setFloat32(WORD_BYTES * GAIN_WORD, photometry?.gain ?? 0, true);
  view.setFloat32(WORD_BYTES * OFFSET_WORD, photometry?.offset ?? 0, true);
  view.setFloat32(WORD_BYTES * TOLERANCE_WORD, tolerance, true);
  const { centred, levelled, filled } = model.assumptions?.views ?? {};
  [centred, levelled, filled].forEach((rule, kind) => {
    view.setFloat32(WORD_BYTES * (VIEWS_WORD + 2 * kind), rule?.doubt ?? 0, true);
    view.setFloat32(WORD_BYTES * (VIEWS_WORD + 2 * kind + 1), rule?.share ?? 0, true);
  });
  write(METADATA_OFFSET_WORD, metadataOffset);
  write(METADATA_LENGTH_WORD, metadata.length);
  write(PROTOTYPES_WORD, ...prototypeWords);
  write(RACE_OFFSET_WORD, raceOffset);
  write(LENGTH_WORD, bytes.length);
  layers.forEach((words, index) => {
    write(HEADER_WORDS + LAYER_WORDS * index, ...words);
  });
  return bytes;
}

function describe({ classes, latents, confidence, assumptions, binaryVariant }: Model): ModelDescription {
  return {
    classes,
    latents,
    confidence,
    ...(assumptions === undefined ? {} : { assumptions }),
    ...(binaryVariant === undefined ? {} : { binaryVariant }),
  };
}

function layerWords(body: Body, layer: DecoderLayer, weight: StoredTensor, bias: StoredTensor): number[] {
  const { input, output } = layer;
  const found = rearrange(layer);
  const words = Array<number>(LAYER_WORDS);
  const put = (place: number, ...fields: readonly number[]): void => {
    words.splice(place, fields.length, ...fields);
  };
  put(KIND_WORD, found.kind);
  put(INPUT_WORD, input.channels, input.height, input.width);
  put(OUTPUT_WORD, output.channels, output.height, output.width);
  put(KERNEL_WORD, found.kernel);
  put(STRIDE_WORD, found.stride);
  put(PADDING_WORD, found.padding);
  put(WEIGHTS_WORD, ...body.placeTensor(weight, found.weight, found.scales));
  put(BIAS_WORD, ...body.placeTensor(bias, found.bias, found.scales));
  return words;
}

/** Places the tables of the race, their description last, and returns its offset. */
function placeRace(body: Body, race: RaceTables): number {
  const described = race.tensors.flatMap(({ tensor, groups, channels }) =>
    body.placeTensor(tensor, counted(tensor.values.length / groups), counted(channels), groups),
  );
  const { coefficients, surrogateHidden, proposalHidden, candidates } = race;
  const words = [...Array<number>(RACE_WORDS), ...described];
  words[COEFFICIENTS_WORD] = coefficients;
  words[SURROGATE_HIDDEN_WORD] = surrogateHidden;
  words[PROPOSAL_HIDDEN_WORD] = proposalHidden;
  words[CANDIDATES_WORD] = candidates;
  const bytes = new Uint8Array(WORD_BYTES * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(WORD_BYTES * index, word, true);
  });
  return body.placeBytes(bytes);
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

  /** Everything so far, after room for the header and the layers. */
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
