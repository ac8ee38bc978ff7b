import { CLASSES } from "../exchange.ts";

// Ten lines that fall: the loss of each digit by the step, on a logarithmic scale.

/** Room for the digits behind the lines' ends, in CSS pixels. */
const RIGHT = 30;
const EDGE = 8;

/** A chart of losses, drawn anew at each step. */
export class RaceChart {
  readonly #canvas: HTMLCanvasElement;
  #history: number[][] = [];
  #steps = 1;
  #found: number[] | undefined;
  #winner = -1;
  #runnerUp = -1;

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    new ResizeObserver(() => this.#draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#draw());
  }

  clear(): void {
    this.#history = [];
    this.#found = undefined;
    this.#winner = -1;
    this.#runnerUp = -1;
    this.#draw();
  }

  /** @param losses one per class, after one step more */
  add(losses: number[], steps: number): void {
    this.#history.push(losses);
    this.#steps = steps;
    this.#winner = losses.indexOf(Math.min(...losses));
    this.#runnerUp = -1;
    this.#draw();
  }

  /** The losses that the library's own search found: dots behind the lines. */
  finish(losses: number[], winner: number, runnerUp: number): void {
    this.#found = losses;
    this.#winner = winner;
    this.#runnerUp = runnerUp;
    this.#draw();
  }

  #draw(): void {
    const context = this.#canvas.getContext("2d") as CanvasRenderingContext2D;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const density = Math.min(3, devicePixelRatio);
    this.#canvas.width = Math.round(width * density);
    this.#canvas.height = Math.round(height * density);
    context.scale(density, density);
    const style = getComputedStyle(this.#canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    const all = [...this.#history, this.#found ?? []].flat().filter((loss) => Number.isFinite(loss) && loss > 0);
    if (this.#history.length === 0 && this.#found === undefined) return;
    const [least, most] = [Math.log(Math.min(...all)), Math.log(Math.max(...all))];
    const x = (step: number) => EDGE + (step / this.#steps) * (width - RIGHT - 2 * EDGE);
    const y = (loss: number) =>
      EDGE + ((most - Math.log(Math.max(loss, Number.MIN_VALUE))) / Math.max(1e-6, most - least)) * (height - 2 * EDGE);
    const line = (label: number): void => {
      context.beginPath();
      this.#history.forEach((losses, step) => {
        context.lineTo(x(step), y(losses[label] as number));
      });
      context.stroke();
    };
    context.lineJoin = "round";
    context.strokeStyle = colour("--line");
    context.lineWidth = 1.25;
    for (let label = 0; label < CLASSES; ++label) if (label !== this.#winner && label !== this.#runnerUp) line(label);
    context.strokeStyle = colour("--against-ink");
    context.lineWidth = 1.75;
    if (this.#runnerUp >= 0) line(this.#runnerUp);
    context.strokeStyle = colour("--for-ink");
    context.lineWidth = 2.5;
    line(this.#winner);
    const dots = width - RIGHT;
    this.#found?.forEach((loss, label) => {
      context.beginPath();
      context.arc(dots, y(loss), label === this.#winner ? 4 : 2.5, 0, 2 * Math.PI);
      context.fillStyle = colour(this.#inkOf(label));
      context.fill();
    });
    const [end, ends] =
      this.#found === undefined ? [x(this.#history.length - 1), this.#history.at(-1) ?? []] : [dots, this.#found];
    this.#name(context, end, (label) => y(ends[label] as number), colour, height);
  }

  #inkOf(label: number): string {
    if (label === this.#winner) return "--for-ink";
    return label === this.#runnerUp ? "--against-ink" : "--muted";
  }

  /** Writes each digit where its line ends, those that would lie on each other apart. */
  #name(
    context: CanvasRenderingContext2D,
    end: number,
    heightOf: (label: number) => number,
    colour: (name: string) => string,
    height: number,
  ): void {
    const gap = 11;
    const labels = Array.from({ length: CLASSES }, (_, label) => ({ label, y: heightOf(label) }));
    labels.sort((one, other) => other.y - one.y);
    // Two columns, so that ten digits fit where they end close together.
    const below = [height - EDGE + gap, height - EDGE + gap] as [number, number];
    context.textBaseline = "middle";
    labels.forEach((place, index) => {
      const column = index % 2 === 0 ? 0 : 1;
      place.y = Math.min(place.y, below[column] - gap);
      below[column] = place.y;
      const isWinner = place.label === this.#winner;
      context.fillStyle = colour(this.#inkOf(place.label));
      context.font = `${isWinner ? "700 13px" : "11px"} system-ui, sans-serif`;
      context.fillText(String(place.label), end + 7 + column * 10, Math.max(gap / 2, place.y));
    });
  }
}
