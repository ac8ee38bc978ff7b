import { fitsMnist } from "../../../src/image/framed.ts";
import { preprocess } from "../../../src/image/preprocess.ts";
import { readDigits } from "../../../src/reading/read-digits.ts";
import { KINDS, ODDITIES } from "../../support/odd-values.ts";
import { Choices } from "../choices.ts";
import { checkImage, checkRefusal, demand, type Ending } from "../contract.ts";
import { type Target, watchedClassifier } from "../target.ts";
import { anyOptions } from "./images.ts";

interface Sizes {
  readonly width: number;
  readonly height: number;
}

/** Something for a picture, at most `most` pixels wide and high where it is one. */
function anyPicture(choices: Choices, most: Sizes): unknown {
  if (choices.rarely(32)) return choices.pick(ODDITIES)();
  const width = 1 + choices.below(most.width);
  const height = 1 + choices.below(most.height);
  const channels = 1 + (choices.byte() % 4);
  const length = Math.max(0, width * height * channels + (choices.rarely(16) ? choices.byte() - 128 : 0));
  const Kind = choices.rarely(16)
    ? choices.pick(KINDS)
    : choices.pick([Uint8Array, Uint8ClampedArray, Uint16Array, Float32Array, Float64Array]);
  const data = new Kind(length) as Float64Array;
  const isBig = (data as unknown) instanceof BigInt64Array || (data as unknown) instanceof BigUint64Array;
  const scale = (data as unknown) instanceof Uint16Array ? 65_535 : data.BYTES_PER_ELEMENT < 4 ? 255 : 1;
  if (!isBig) {
    const values = choices.values(length);
    for (let at = 0; at < length; ++at) data[at] = scale * (values[at] as number);
    // Strokes: rectangles of one value.
    for (let strokes = choices.byte() % 6; strokes > 0; --strokes) {
      const [left, top] = [choices.below(width), choices.below(height)];
      const [right, bottom] = [left + 1 + choices.below(width), top + 1 + choices.below(height)];
      const ink = (scale * choices.byte()) / 255;
      for (let row = top; row < Math.min(bottom, height); ++row) {
        data.fill(ink, (row * width + left) * channels, (row * width + Math.min(right, width)) * channels);
      }
    }
    while (length > 0 && choices.rarely(16)) data[choices.below(length)] = choices.number();
  }
  const picture: Record<string, unknown> = { data, width, height };
  if (!choices.rarely(3)) picture["channels"] = channels;
  if (choices.rarely(16)) {
    picture[choices.pick(["width", "height", "channels", "data"])] = choices.rarely(2)
      ? choices.pick(ODDITIES)()
      : choices.number();
  }
  return picture;
}

const LARGEST: Sizes = { width: 90, height: 90 };

/** Pictures to 28×28. */
export const preprocessing: Target = {
  name: "preprocess",
  length: 300,
  async prepare() {
    const known = {
      data: Uint8Array.from({ length: 400 }, (_, at) => (at % 20 > 8 && at % 20 < 12 ? 0 : 255)),
      width: 20,
      height: 20,
    };
    const expected = preprocess(known).image;
    const trial = (bytes: Uint8Array): Ending => {
      const choices = new Choices(bytes);
      const picture = anyPicture(choices, LARGEST);
      try {
        const { image, found, ink, box } = preprocess(picture as never);
        checkImage(image);
        demand(["digit", "nothing", "several"].includes(found), () => `found ${found}`);
        demand(found !== "nothing" || image.every((value) => value === 0), () => "nothing found, and yet an image");
        demand(["dark", "bright"].includes(ink), () => `ink ${ink}`);
        const { width, height } = picture as Sizes;
        demand(
          box.left >= 0 &&
            box.top >= 0 &&
            box.width >= 1 &&
            box.height >= 1 &&
            box.left + box.width <= width &&
            box.top + box.height <= height,
          () => `box ${JSON.stringify(box)} of ${width}×${height}`,
        );
        demand(typeof fitsMnist(picture as never) === "boolean", () => "fitsMnist");
        return "answered";
      } catch (error) {
        return checkRefusal(error);
      } finally {
        if (bytes.length % 16 === 0) {
          const now = preprocess(known).image;
          demand(
            now.every((value, at) => value === expected[at]),
            () => "a known picture comes out otherwise afterwards",
          );
        }
      }
    };
    return { trial };
  },
};

/** Several digits in a picture. */
export const reading: Target = {
  name: "reading",
  length: 200,
  async prepare(ground) {
    const { abs, check } = await watchedClassifier(ground);
    const trial = (bytes: Uint8Array): Ending => {
      const choices = new Choices(bytes);
      const picture = anyPicture(choices, { width: 60, height: 32 });
      const options = choices.rarely(8)
        ? anyOptions(choices, { classifier: [abs], effort: ["quick", "standard"], onProgress: [() => undefined] })
        : { classifier: abs, effort: "quick" };
      let ending: Ending = "answered";
      try {
        const { text, lines, others, classifications } = readDigits(picture as never, options as never);
        demand(text === lines.map((line) => line.text).join("\n"), () => `text ${text}`);
        const { width, height } = picture as Sizes;
        for (const { box, confidence } of [...lines.flatMap(({ digits }) => digits), ...others]) {
          demand(confidence >= 0 && confidence <= 1, () => `confidence ${confidence}`);
          demand(
            box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height,
            () => `box ${JSON.stringify(box)} of ${width}×${height}`,
          );
        }
        demand(classifications <= 1000, () => `${classifications} classifications`);
      } catch (error) {
        ending = checkRefusal(error);
      }
      check();
      return ending;
    };
    return { trial };
  },
};
