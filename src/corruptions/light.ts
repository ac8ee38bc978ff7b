import { IMAGE_SIDE } from "../../format/image.ts";
import { type Corruption, clipped } from "./corruption.ts";

const BRIGHTER = 0.5;
/** Columns from each side that are inverted. */
const STRIPE = IMAGE_SIDE / 4;

/** Everything brighter by .5. */
export const brightness: Corruption = {
  name: "brightness",
  corrupt: (image) => image.map((value) => clipped(value + BRIGHTER)),
};

/** The left and the right quarter inverted: dark ink on bright. */
export const stripe: Corruption = {
  name: "stripe",
  corrupt: (image) =>
    image.map((value, pixel) => {
      const column = pixel % IMAGE_SIDE;
      return column < STRIPE || column >= IMAGE_SIDE - STRIPE ? 1 - value : value;
    }),
};
