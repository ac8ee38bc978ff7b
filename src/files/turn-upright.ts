import type { PixelImage } from "../image/pixel-image.ts";
import type { Orientation } from "./exif-orientation.ts";

/** Turns and mirrors an image, of any channels and bits, so that it stands upright. */
export function turnUpright(image: PixelImage, orientation: Orientation): PixelImage {
  if (orientation === 1) return image;
  const { data: source, width, height } = image;
  const channels = source.length / (width * height);
  const lying = orientation >= 5;
  const target = source.slice();
  const targetWidth = lying ? height : width;
  const targetHeight = lying ? width : height;
  for (let y = 0, place = 0; y < targetHeight; ++y) {
    for (let x = 0; x < targetWidth; ++x) {
      const [column, row] = sourceOf(x, y, width, height, orientation);
      const from = (row * width + column) * channels;
      for (let channel = 0; channel < channels; ++channel) target[place++] = source[from + channel] as number;
    }
  }
  return { data: target, width: targetWidth, height: targetHeight, channels };
}

/** Column and row of the stored image that show at (x, y) of the upright one. */
function sourceOf(x: number, y: number, width: number, height: number, orientation: Orientation): [number, number] {
  const right = width - 1;
  const bottom = height - 1;
  switch (orientation) {
    case 1:
      return [x, y];
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
  }
}
