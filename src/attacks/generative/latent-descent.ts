import type { Attack } from "../attack.ts";
import type { AttackedImage } from "../attacked-image.ts";
import { blended, clip } from "../pixels.ts";
import { responseLevels } from "../response-levels.ts";

const RIVALS = 3;
const STEPS = 30;
/** The share of the way to the redrawing that a step goes; the redrawing is made anew after each. */
const STEP = 0.1;
const HALVINGS = 8;

/**
 * The paper's own attack on a model that redraws: the image walks towards how another class would redraw it until the label
 * turns, and back to the boundary. Behind a response curve only what the model sees is moved: every pixel just so far that its
 * response is the redrawing's (Schott et al. 2018, section 4 "latent descent attack", and its form for binary ABS).
 */
export const latentDescent: Attack = {
  name: "latent-descent",
  norms: ["l2", "linf", "l1", "l0"],
  needs: ["explain"],
  source: "Schott et al. 2018, arXiv:1805.09190",
  search(target) {
    const { losses } = target.explain(target.original);
    for (const rival of target.rivals(losses).slice(0, RIVALS)) walkTowards(target, rival);
  },
};

function walkTowards(target: AttackedImage, rival: number): void {
  let image: Float32Array = target.original;
  for (let step = 0; step < STEPS; ++step) {
    const before = image;
    image = stepTowards(target, image, rival);
    if (!target.isAdversarial(image)) continue;
    bisect(target, before, image);
    return;
  }
}

/** A step towards the class's redrawing of the image. */
function stepTowards(target: AttackedImage, image: Float32Array, rival: number): Float32Array {
  const redrawn = target.explain(image).classes[rival]?.reconstruction ?? image;
  const { response } = target.model;
  if (response === undefined) {
    // With a gain and an offset a redrawing may leave the box.
    return blended(image, Float32Array.from(redrawn, clip), STEP);
  }
  // A share of the pixels, those whose response is furthest from the redrawing's first.
  const levels = responseLevels(response);
  const gap = (pixel: number): number => Math.abs((redrawn[pixel] as number) - response(image[pixel] as number));
  const order = Array.from(image, (_, pixel) => pixel).sort((one, other) => gap(other) - gap(one) || one - other);
  const moved = image.slice();
  const wanted = (pixel: number): number => levels.nearest(image[pixel] as number, redrawn[pixel] as number);
  let left = Math.max(1, Math.round(STEP * order.filter((pixel) => wanted(pixel) !== image[pixel]).length));
  for (const pixel of order) {
    if (left === 0) break;
    const value = wanted(pixel);
    if (value === image[pixel]) continue;
    moved[pixel] = value;
    --left;
  }
  return moved;
}

/** Finds where the label turns on the line from an image that is classified rightly to one that is not. */
function bisect(target: AttackedImage, right: Float32Array, wrong: Float32Array): void {
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < HALVINGS; ++halving) {
    const middle = (low + high) / 2;
    const trial = blended(right, wrong, middle);
    if (target.isAdversarial(trial)) high = middle;
    else low = middle;
  }
}
