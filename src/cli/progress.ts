import { Presets, SingleBar } from "cli-progress";
import type { Environment, Output } from "./environment.ts";

/** Shows how far something is. Nothing is shown before the first report. */
export interface Progress {
  report(done: number, total: number): void;
  stop(): void;
}

/** Where no bar can be drawn, a line is printed when another tenth is done, but not more often than this. */
const LINE_INTERVAL_MILLISECONDS = 2000;
/** After this long there is a line in any case. */
const LONGEST_SILENCE_MILLISECONDS = 60_000;

/** Characters of the bar, and of the numbers and spaces beside it. */
const LONGEST_BAR = 40;
const SHORTEST_BAR = 5;
const NUMBERS_LENGTH = 35;

/** Shows progress on standard error: a bar on a terminal, now and then a line elsewhere. */
export function startProgress({ stderr }: Environment, label: string): Progress {
  return stderr.isTTY === true ? new BarProgress(stderr, label) : new LineProgress(stderr, label);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  #started = false;
  constructor(stream: Output, label: string) {
    const barsize = Math.min(LONGEST_BAR, (stream.columns || 80) - label.length - NUMBERS_LENGTH);
    const numbers = "{percentage} % | {value}/{total} | {eta_formatted}";
    // The terminal's settings stay as they are: Ctrl-C ends the program where it is, with no time to put them back.
    this.#bar = new SingleBar(
      {
        stream,
        // Where there is no room for a bar the share comes first, since the line is cut off at the terminal's width.
        format: barsize >= SHORTEST_BAR ? `${label} {bar} ${numbers}` : `{percentage} % ${label}`,
        barsize: Math.max(SHORTEST_BAR, barsize),
        hideCursor: false,
        linewrap: true,
      },
      Presets.shades_classic,
    );
  }
  report(done: number, total: number): void {
    if (!this.#started) this.#bar.start(total, done);
    else this.#bar.update(done);
    this.#started = true;
    // A finished bar must not be redrawn over what is printed after it.
    if (done >= total) this.stop();
  }
  stop(): void {
    if (this.#started) this.#bar.stop();
    this.#started = false;
  }
}

class LineProgress implements Progress {
  readonly #stream: NodeJS.WritableStream;
  readonly #label: string;
  #lastTenth = 0;
  #lastTime = performance.now();
  #first: { readonly done: number; readonly time: number } | undefined;
  constructor(stream: NodeJS.WritableStream, label: string) {
    this.#stream = stream;
    this.#label = label;
  }
  report(done: number, total: number): void {
    const tenth = Math.floor((10 * done) / total);
    const now = performance.now();
    // What was done before the first report took nobody's time now.
    this.#first ??= { done, time: now };
    const silence = now - this.#lastTime;
    if (silence < LINE_INTERVAL_MILLISECONDS) return;
    if (tenth <= this.#lastTenth && silence < LONGEST_SILENCE_MILLISECONDS) return;
    this.#lastTenth = tenth;
    this.#lastTime = now;
    const left = ((now - this.#first.time) * (total - done)) / (done - this.#first.done);
    const estimate = done < total && Number.isFinite(left) ? `, about ${duration(left / 1000)} left` : "";
    this.#stream.write(`${this.#label}: ${done}/${total}${estimate}\n`);
  }
  stop(): void {
    // Printed lines need no tidying up.
  }
}

/** A time in its largest unit and the next, such as `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (whole < 600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
