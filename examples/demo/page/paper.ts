import { SIDE } from "../exchange.ts";

// The sheet: strokes by mouse, pen, finger and keyboard, and pictures laid on it.

const INK = "#111";
const PAPER = "#fff";
/** A twelfth of the sheet: MNIST's strokes, once the digit is fitted. */
const INK_WIDTH = 22;
/** How far an arrow moves the pen. */
const KEY_STEP = 8;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Point {
  x: number;
  y: number;
}

/** A sheet of paper on a canvas. */
export class Paper {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  readonly #onChange: (isOver: boolean) => void;
  #last: Point | undefined;
  /** The pen of the keyboard. */
  readonly #key: Point & { isDown: boolean };
  /** What lies there without the keyboard's pen, which is shown but not drawn. */
  #clean: ImageData | undefined;

  /** @param onChange hears of every change; with true when a stroke is over */
  constructor(canvas: HTMLCanvasElement, onChange: (isOver: boolean) => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    // The pixels are read back at every stroke.
    this.#pen = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    this.#pen.lineCap = "round";
    this.#pen.lineJoin = "round";
    this.#key = { x: canvas.width / 2, y: canvas.height / 4, isDown: false };
    this.#fill();
    this.#listenToPointers();
    this.#listenToKeys();
  }

  /** The pixels that lie there. */
  pixels(): ImageData {
    return this.#clean ?? this.#pen.getImageData(0, 0, this.#canvas.width, this.#canvas.height);
  }

  clear(): void {
    this.#clean = undefined;
    this.#fill();
    this.#onChange(true);
  }

  /** Lays 784 values in [0, 1] on the sheet, dark on white; that is for people, models are given the values. */
  showImage(image: Float32Array): void {
    this.#clean = undefined;
    const small = new OffscreenCanvas(SIDE, SIDE);
    const picture = new ImageData(SIDE, SIDE);
    image.forEach((value, pixel) => {
      picture.data.fill(255 * (1 - value), 4 * pixel, 4 * pixel + 3);
      picture.data[4 * pixel + 3] = 255;
    });
    small.getContext("2d")?.putImageData(picture, 0, 0);
    this.#fill();
    this.#pen.drawImage(small, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Shows a picture as large as it fits; models are given the picture. */
  showPicture(picture: CanvasImageSource, width: number, height: number): void {
    this.#clean = undefined;
    const scale = Math.min(this.#canvas.width / width, this.#canvas.height / height);
    this.#fill();
    this.#pen.drawImage(
      picture,
      (this.#canvas.width - scale * width) / 2,
      (this.#canvas.height - scale * height) / 2,
      scale * width,
      scale * height,
    );
  }

  /** Draws strokes, each a list of points in [0, 1], round where they bend. */
  draw(strokes: readonly (readonly (readonly [number, number])[])[]): void {
    const { width, height } = this.#canvas;
    for (const stroke of strokes) {
      const points = stroke.map(([x, y]) => ({ x: x * width, y: y * height }));
      const last = points.length - 1;
      this.#begin();
      points.forEach((point, index) => {
        const next = points[index + 1] ?? point;
        // From the middle of one line to that of the next; the ends are reached.
        const end = index >= last - 1 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
        if (index === 0) this.#pen.moveTo(point.x, point.y);
        else this.#pen.quadraticCurveTo(point.x, point.y, end.x, end.y);
      });
      this.#pen.stroke();
    }
    this.#onChange(true);
  }

  #fill(): void {
    this.#pen.fillStyle = PAPER;
    this.#pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  #begin(): void {
    this.#pen.strokeStyle = INK;
    this.#pen.lineWidth = INK_WIDTH;
    this.#pen.beginPath();
  }

  #line(from: Point, to: Point): void {
    this.#begin();
    this.#pen.moveTo(from.x, from.y);
    this.#pen.lineTo(to.x, to.y);
    this.#pen.stroke();
  }

  #listenToPointers(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button !== 0) return;
      this.#hideKeyPen();
      canvas.setPointerCapture(event.pointerId);
      this.#last = this.#placeOf(event);
      this.#moveTo(this.#last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#last === undefined || !event.isPrimary) return;
      // A browser gathers quick movements into one event.
      const gathered = event.getCoalescedEvents?.() ?? [];
      for (const part of gathered.length > 0 ? gathered : [event]) this.#moveTo(this.#placeOf(part));
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, (event) => {
        if (!event.isPrimary || this.#last === undefined) return;
        this.#last = undefined;
        this.#onChange(true);
      });
    }
  }

  #moveTo(place: Point): void {
    this.#line(this.#last ?? place, place);
    this.#last = place;
    this.#onChange(false);
  }

  /** Place of an event on the canvas, in its own pixels, whatever size it is shown in. */
  #placeOf(event: PointerEvent): Point {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - left) * this.#canvas.width) / width,
      y: ((event.clientY - top) * this.#canvas.height) / height,
    };
  }

  #listenToKeys(): void {
    this.#canvas.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (event.key !== " " && arrow === undefined) return;
      event.preventDefault();
      this.#hideKeyPen();
      const key = this.#key;
      const from = { x: key.x, y: key.y };
      if (arrow === undefined) key.isDown = !key.isDown;
      else {
        key.x = Math.min(this.#canvas.width, Math.max(0, key.x + KEY_STEP * arrow[0]));
        key.y = Math.min(this.#canvas.height, Math.max(0, key.y + KEY_STEP * arrow[1]));
      }
      if (key.isDown) this.#line(from, key);
      if (key.isDown || arrow === undefined) this.#onChange(!key.isDown);
      this.#showKeyPen();
    });
    this.#canvas.addEventListener("blur", () => {
      if (this.#key.isDown) this.#onChange(true);
      this.#key.isDown = false;
      this.#hideKeyPen();
    });
  }

  #showKeyPen(): void {
    this.#clean = this.pixels();
    this.#pen.beginPath();
    this.#pen.arc(this.#key.x, this.#key.y, INK_WIDTH / 2, 0, 2 * Math.PI);
    this.#pen.lineWidth = 3;
    this.#pen.strokeStyle = this.#key.isDown ? "#1d6ff2" : "#777";
    this.#pen.stroke();
  }

  #hideKeyPen(): void {
    if (this.#clean !== undefined) this.#pen.putImageData(this.#clean, 0, 0);
    this.#clean = undefined;
  }
}
