import { access } from "node:fs/promises";
import { join } from "node:path";
import { FileError, ImageFileError } from "../files/file-error.ts";
import { readIdxFile } from "../files/read-image-file.ts";

/** The two parts of MNIST. */
export const SPLITS = ["test", "train"] as const;
export type Split = (typeof SPLITS)[number];

/** A file of MNIST as the mirrors serve it, gzip-packed. */
export interface DataFile {
  readonly name: string;
  /** SHA-256 of the unpacked bytes, hexadecimal: packed bytes differ between mirrors. */
  readonly sha256: string;
  /** Length of the unpacked bytes. */
  readonly bytes: number;
}

export const MNIST_FILES: readonly DataFile[] = [
  {
    name: "train-images-idx3-ubyte.gz",
    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    bytes: 47_040_016,
  },
  {
    name: "train-labels-idx1-ubyte.gz",
    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    bytes: 60_008,
  },
  {
    name: "t10k-images-idx3-ubyte.gz",
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    bytes: 7_840_016,
  },
  {
    name: "t10k-labels-idx1-ubyte.gz",
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    bytes: 10_008,
  },
];

/** Images with their labels. */
export interface LabelledImages {
  readonly count: number;
  /** `count` images of 784 bytes each, one after the other. */
  readonly images: Uint8Array;
  /** One byte per image. */
  readonly labels: Uint8Array;
}

/**
 * Reads one split of an MNIST-like data set, gzip-packed or not.
 *
 * @throws FileError when a file is missing or damaged, images are not 28×28, or the counts differ
 */
export async function readSplit(directory: string, split: Split): Promise<LabelledImages> {
  const prefix = split === "test" ? "t10k" : "train";
  const imagesPath = await findFile(directory, `${prefix}-images-idx3-ubyte`);
  const labelsPath = await findFile(directory, `${prefix}-labels-idx1-ubyte`);
  const images = await readIdxFile(imagesPath, 3);
  const labels = await readIdxFile(labelsPath, 1);
  const [count, rows, columns] = images.shape;
  if (count === undefined || rows !== 28 || columns !== 28) {
    throw new ImageFileError(imagesPath, `holds images of ${rows}×${columns} pixels; 28×28 are wanted`);
  }
  if (labels.data.length !== count) {
    throw new FileError(labelsPath, `holds ${labels.data.length} labels for ${count} images`);
  }
  return { count, images: images.data, labels: labels.data };
}

async function findFile(directory: string, name: string): Promise<string> {
  for (const candidate of [name, `${name}.gz`]) {
    const path = join(directory, candidate);
    try {
      await access(path);
      return path;
    } catch {
      // Not there under this name; the next may be.
    }
  }
  throw new FileError(directory, `has neither ${name}.gz nor ${name}; "abs data fetch ${directory}" gets them`);
}
