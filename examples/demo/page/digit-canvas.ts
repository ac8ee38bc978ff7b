import { SIDE } from "../exchange.ts";
import { make } from "./elements.ts";

// Images of 28×28 pixels on canvases of that size, which the style sheet enlarges.

/** A canvas for an image of 784 values. */
export function digitCanvas(label: string): HTMLCanvasElement {
  const made = make("canvas", "digit");
  made.width = SIDE;
  made.height = SIDE;
  if (label === "") made.setAttribute("aria-hidden", "true");
  else {
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
  }
  return made;
}

/** Shows 784 values: floats in [0, 1], or bytes. */
export function showDigit(target: HTMLCanvasElement, values: Float32Array | Uint8Array): void {
  const scale = values instanceof Uint8Array ? 1 : 255;
  paint(target, (pixel) => {
    const grey = scale * (values[pixel] as number);
    return [grey, grey, grey];
  });
}

/** Shows over what is seen, dimmed, which pixels speak for the winner and which for the runner-up. */
export function showAdvantage(target: HTMLCanvasElement, advantage: Float32Array, seen: Uint8Array): void {
  const largest = advantage.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const style = getComputedStyle(target);
  const [winner, runnerUp] = ["--for", "--against"].map((name) => partsOf(style.getPropertyValue(name).trim())) as [
    number[],
    number[],
  ];
  paint(target, (pixel) => {
    const value = (advantage[pixel] as number) / largest;
    // The root shows small differences, too.
    const strength = Math.sqrt(Math.abs(value));
    const colour = value > 0 ? winner : runnerUp;
    const ground = 0.28 * (seen[pixel] as number);
    return colour.map((part) => ground + strength * (part - ground)) as [number, number, number];
  });
}

/** Red, green and blue of a colour that is written as #rrggbb. */
function partsOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

export function clearDigit(target: HTMLCanvasElement): void {
  target.getContext("2d")?.clearRect(0, 0, target.width, target.height);
}

function paint(target: HTMLCanvasElement, colourOf: (pixel: number) => readonly [number, number, number]): void {
  const picture = new ImageData(SIDE, SIDE);
  for (let pixel = 0; pixel < SIDE * SIDE; ++pixel) {
    picture.data.set(colourOf(pixel), 4 * pixel);
    picture.data[4 * pixel + 3] = 255;
  }
  target.getContext("2d")?.putImageData(picture, 0, 0);
}
