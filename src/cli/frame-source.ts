import { decodeImageFile, readImageFile } from "../files/read-image-file.ts";
import { STANDARD_INPUT_NAME } from "../files/read-standard-input.ts";
import { asFrame, asFramedDigit } from "../image/framed.ts";
import type { PixelImage } from "../image/pixel-image.ts";
import { SIDE } from "../image/placement.ts";
import { type Box, type Found, type Ink, preprocess } from "../image/preprocess.ts";

/** An image on its way to the classifier. */
export interface Frame {
  /** 784 values in [0, 1]. */
  readonly image: Float32Array;
  /** The picture from which it was made. */
  readonly picture: PixelImage;
  /** What preprocessing found, undefined when the image was taken as it is. */
  readonly found: { readonly found: Found; readonly ink: Ink; readonly box: Box } | undefined;
}

/** When to preprocess: `look` lets MNIST-like frames pass (28×28, bright ink, dark border) and treats all others. */
export type FrameMode = "look" | "raw" | "preprocess";

/** The images of a file, not yet made into frames. */
export interface FrameSource {
  readonly count: number;
  /** @throws RangeError in raw mode for an image that is not 28×28 */
  at(index: number): Frame;
}

/**
 * Opens an image file. The images of an idx file of 28×28 images are taken as they are unless preprocessing is asked
 * for: such files hold data sets, and a frame whose stroke meets the border is still a frame.
 *
 * @param content the bytes that came on standard input, where they and no file are meant
 * @throws FileError when the file cannot be read, as an ImageFileError when it is no image
 */
export async function openFrames(path: string, mode: FrameMode, content?: Uint8Array): Promise<FrameSource> {
  const { frames, format } =
    content === undefined ? await readImageFile(path) : await decodeImageFile(STANDARD_INPUT_NAME, content);
  const first = frames.at(0);
  const isDataSet = format === "idx" && first?.width === SIDE && first.height === SIDE;
  const effective = mode === "look" && isDataSet ? "raw" : mode;
  return { count: frames.length, at: (index) => toFrame(frames.at(index) as PixelImage, effective) };
}

/**
 * Makes a picture into a frame.
 *
 * @throws RangeError in raw mode for an image that is not 28×28
 */
export function toFrame(picture: PixelImage, mode: FrameMode): Frame {
  if (mode === "raw") return { image: asFrame(picture), picture, found: undefined };
  const framed = mode === "look" ? asFramedDigit(picture) : undefined;
  if (framed !== undefined) return { image: framed, picture, found: undefined };
  const { image, found, ink, box } = preprocess(picture);
  return { image, picture, found: { found, ink, box } };
}
