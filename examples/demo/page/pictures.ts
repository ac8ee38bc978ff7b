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

/** Listens for pictures. @param onFailure hears why a file is none */
export function listenForPictures(
  onPicture: (picture: ImageBitmap) => void,
  onFailure: (message: string) => void,
): void {
  const read = async (file: File | null | undefined): Promise<void> => {
    if (!file) return;
    try {
      onPicture(await createImageBitmap(file));
    } catch {
      onFailure(`${file.name || "What was pasted"} cannot be read as a picture.`);
    }
  };
  const input = element("file", HTMLInputElement);
  button("choose").addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    await read(input.files?.[0]);
    // The same file may be chosen again.
    input.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void read(file);
    else onFailure("What was dropped is no file.");
  });
  document.addEventListener("paste", (event) => {
    const items = [...(event.clipboardData?.items ?? [])];
    void read(items.find(({ type }) => type.startsWith("image/"))?.getAsFile());
  });
}
