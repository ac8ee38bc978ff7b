import { button, element } from "./elements.ts";

// Pictures from elsewhere: chosen, dropped or pasted.

/** Longest side of the picture that is looked at, in pixels: photographs have many more than a digit needs. */
const LONGEST_SIDE = 800;

/** A picture's pixels, as wide and high as they may be. */
export function pixelsOf(source: CanvasImageSource, width: number, height: number): ImageData {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side * scale))) as [number, number];
  const context = new OffscreenCanvas(across, down).getContext("2d") as OffscreenCanvasRenderingContext2D;
  // What is transparent lies on the sheet.
  context.fillStyle = "#fff";
  context.fillRect(0, 0, across, down);
  context.drawImage(source, 0, 0, across, down);
  return context.getImageData(0, 0, across, down);
}

/** @throws {Error} when the browser cannot read it */
async function bitmapOf(file: File): Promise<ImageBitmap> {
  if (file.type !== "image/svg+xml") return createImageBitmap(file);
  // Browsers read drawings only as elements.
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    // One that names no size has none.
    const [width, height] = [image.naturalWidth || LONGEST_SIDE, image.naturalHeight || LONGEST_SIDE];
    const scale = LONGEST_SIDE / Math.max(width, height);
    const sheet = new OffscreenCanvas(Math.ceil(scale * width), Math.ceil(scale * height));
    sheet.getContext("2d")?.drawImage(image, 0, 0, sheet.width, sheet.height);
    return sheet.transferToImageBitmap();
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** Listens for pictures. @param onFailure hears why what came is none */
export function listenForPictures(
  onPicture: (picture: ImageBitmap) => void,
  onFailure: (message: string) => void,
): void {
  const read = async (file: File): Promise<void> => {
    try {
      onPicture(await bitmapOf(file));
    } catch {
      onFailure(`${file.name} cannot be read as a picture; PNG, JPEG, WebP, GIF and SVG can.`);
    }
  };
  const input = element("file", HTMLInputElement);
  button("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    if (file) await read(file);
    // The same file may be chosen again.
    input.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const { items, files } = event.dataTransfer as DataTransfer;
    const file = files[0];
    if (!file) onFailure("What was dropped is no file. Save the picture first, or copy it and paste it here.");
    else if ([...items].some((item) => item.webkitGetAsEntry?.()?.isDirectory))
      onFailure(`${file.name} is a folder: drop one picture.`);
    else void read(file);
  });
  document.addEventListener("paste", (event) => {
    const items = [...(event.clipboardData?.items ?? [])];
    const file = (
      items.find(({ type }) => type.startsWith("image/")) ?? items.find(({ kind }) => kind === "file")
    )?.getAsFile();
    if (file) void read(file);
    else onFailure("What was pasted is no picture.");
  });
}
