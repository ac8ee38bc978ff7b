import { button, element } from "./elements.ts";
import { failureOf } from "./words.ts";

/** Browsers' own words differ, and some are none. */
const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: "the browser does not allow it to this page",
  NotFoundError: "there is none",
  NotReadableError: "another program may be using it",
};

/** Listens for the camera's button: shows what it sees, and hands on the square in the middle once it is taken. */
export function listenForCamera(onPicture: (picture: ImageBitmap) => void, onFailure: (message: string) => void): void {
  const dialog = element("camera-dialog", HTMLDialogElement);
  const view = element("camera-view", HTMLVideoElement);
  const [open, take] = [button("camera"), button("camera-take")];
  let stream: MediaStream | undefined;
  const close = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    view.srcObject = null;
    take.disabled = true;
    if (dialog.open) dialog.close();
  };
  const fail = (reason: string): void => {
    close();
    onFailure(`The camera cannot be used: ${reason}.`);
  };
  let isAsked = false;
  const show = async (): Promise<void> => {
    if (navigator.mediaDevices === undefined) return fail("it needs https, or a page from this machine");
    const own = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    stream = own;
    for (const track of own.getTracks()) track.addEventListener("ended", () => fail("it was taken away"));
    view.srcObject = own;
    dialog.showModal();
    try {
      await view.play();
    } catch (error) {
      // Closed while it started.
      if (stream !== own) return;
      throw error;
    }
    // There is nothing to take before.
    take.disabled = false;
    take.focus();
  };
  open.addEventListener("click", async () => {
    // The browser's question may stand for long, and one answer is enough.
    if (isAsked) return;
    isAsked = true;
    try {
      await show();
    } catch (error) {
      fail((error instanceof Error && REASONS[error.name]) || failureOf(error));
    } finally {
      isAsked = false;
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
