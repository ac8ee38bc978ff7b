import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { decodeIdx } from "../../src/files/idx.ts";

/** A set of images as `python3 -m abs_training confidence-sets` and `attack-race` write it. */
export interface StoredSet {
  kind: string;
  /** What its files' names begin with. */
  name: string;
  /** 784 bytes per image. */
  pixels: Uint8Array;
  /** One per image; undefined for junk. */
  labels: Uint8Array | undefined;
}

/** The sets that a folder's `sets.json` lists, in its order. @throws {Error} when a file cannot be read */
export function readStoredSets(folder: string): StoredSet[] {
  const listed: { kind: string; images: string; labels: boolean }[] = JSON.parse(
    readFileSync(join(folder, "sets.json"), "utf8"),
  );
  const read = (name: string, header: number): Uint8Array =>
    new Uint8Array(readFileSync(join(folder, name)).subarray(header));
  return listed.map(({ kind, images, labels }) => ({
    kind,
    name: images,
    pixels: read(`${images}-images-idx3-ubyte`, 16),
    labels: labels ? read(`${images}-labels-idx1-ubyte`, 8) : undefined,
  }));
}

/** What `python3 -m abs_training glyphs` drew in fonts that it kept from training, as junk that is named after its folder. */
export function readDrawnCharacters(folder: string): StoredSet {
  const { data } = decodeIdx(readFileSync(join(folder, "t10k-images-idx3-ubyte")));
  return { kind: basename(folder), name: "t10k", pixels: data, labels: undefined };
}
