import { button, element } from "./elements.ts";
import { failureOf } from "./words.ts";

/** Listens for the camera's button: shows what it sees, and hands on the square in the middle once it is taken. */
export function listenForCamera(onPicture: (picture: ImageBitmap) => void, onFailure: (message: string) => void): void {
  const dialog = element("camera-dialog", HTMLDialogElement);
  const view = element("camera-view", HTMLVideoElement);
  const take = button("camera-take");
  let stream: MediaStream | undefined;
  const close = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    view.srcObject = null;
    take.disabled = true;
    if (dialog.open) dialog.close();
  };
  button("camera").addEventListener("click", async () => {
    try {
      if (navigator.mediaDevices === undefined) throw new Error("a camera needs https or this machine");
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
      });
      view.srcObject = stream;
      dialog.showModal();
      await view.play();
      // There is nothing to take before.
      take.disabled = false;
      take.focus();
    } catch (error) {
      close();
      onFailure(`The camera cannot be used: ${failureOf(error)}.`);
    }
  });
  take.addEventListener("click", async () => {
    const side = Math.min(view.videoWidth, view.videoHeight);
    if (side === 0) return;
    const [left, top] = [(view.videoWidth - side) / 2, (view.videoHeight - side) / 2];
    const picture = await createImageBitmap(view, left, top, side, side);
    close();
    onPicture(picture);
  });
  button("camera-close").addEventListener("click", close);
  // Escape, too, lets go of the camera.
  dialog.addEventListener("close", close);
}
