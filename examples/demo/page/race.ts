import { CLASSES, PIXELS, type RaceStep, type Redrawings } from "../exchange.ts";
import { clearDigit, digitCanvas, showAdvantage, showDigit } from "./digit-canvas.ts";
import { canvas, element, make, setText, wantsStill } from "./elements.ts";
import { RaceChart } from "./race-chart.ts";

// How ten redrawings come about. Steps are computed quicker than a screen shows them, so they wait their turn: one a frame.

interface Lane {
  item: HTMLLIElement;
  picture: HTMLCanvasElement;
  loss: HTMLElement;
  fill: HTMLElement;
}

/** The ten redrawings with their losses, the winner's, and what decides. */
export class RaceView {
  readonly #chart = new RaceChart(canvas("race"));
  readonly #lanes: Lane[];
  readonly #state = element("race-state", HTMLElement);
  #steps: RaceStep[] = [];
  #end: Redrawings | undefined;
  #isPlaying = false;
  #most = 1;

  constructor() {
    this.#lanes = Array.from({ length: CLASSES }, (_, label) => {
      const picture = digitCanvas("");
      const fill = make("span", "fill");
      const bar = make("span", "bar", fill);
      bar.setAttribute("aria-hidden", "true");
      const loss = make("span", "loss", "–");
      const item = make("li", "lane", picture, make("span", "head", make("strong", "", String(label)), loss), bar);
      element("classes", HTMLElement).append(item);
      return { item, picture, loss, fill };
    });
  }

  /** Forgets what was shown of another image. */
  begin(): void {
    this.#steps = [];
    this.#end = undefined;
  }

  /** Marks all that is shown as being about an earlier image. */
  outdate(): void {
    this.begin();
    this.#markStale(true);
  }

  #markStale(isStale: boolean): void {
    for (const part of document.querySelectorAll(".seeing, .redrawings")) {
      part.classList.toggle("stale", isStale);
      part.setAttribute("aria-busy", String(isStale));
    }
  }

  clear(): void {
    this.begin();
    this.#markStale(false);
    this.#chart.clear();
    setText(this.#state, "");
    for (const { item, picture, loss, fill } of this.#lanes) {
      item.classList.remove("winner", "runner-up");
      clearDigit(picture);
      setText(loss, "–");
      fill.style.setProperty("--share", "0");
    }
    for (const id of ["best", "advantage"]) clearDigit(canvas(id));
    setText(element("best-caption", HTMLElement), "Best redrawing");
    setText(element("advantage-caption", HTMLElement), "What decides");
  }

  step(step: RaceStep): void {
    // Whoever wants no motion gets the whole chart at once.
    this.#steps.push(step);
    if (wantsStill.matches) return;
    this.#play();
  }

  end(redrawings: Redrawings): void {
    this.#end = redrawings;
    this.#play();
  }

  #play(): void {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    const frame = (): void => {
      const step = this.#steps.shift();
      if (step !== undefined) {
        this.#showStep(step);
        while (wantsStill.matches && this.#steps.length > 0) this.#showStep(this.#steps.shift() as RaceStep);
      } else if (this.#end !== undefined) {
        this.#showEnd(this.#end);
        this.#end = undefined;
      }
      this.#isPlaying = this.#steps.length > 0 || this.#end !== undefined;
      if (this.#isPlaying) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  #showStep({ step, steps, losses, redrawings }: RaceStep): void {
    if (step === 0) {
      this.#chart.clear();
      this.#markStale(false);
      clearDigit(canvas("advantage"));
      setText(element("best-caption", HTMLElement), "Best redrawing so far");
      setText(element("advantage-caption", HTMLElement), "What decides");
      this.#most = Math.max(...losses);
      setText(this.#state, "Searching…");
    }
    this.#chart.add(losses, steps);
    this.#showLanes(losses, redrawings, losses.indexOf(Math.min(...losses)));
    showDigit(canvas("best"), redrawings.subarray(this.#best(losses) * PIXELS, (this.#best(losses) + 1) * PIXELS));
  }

  #showEnd({ label, runnerUp, losses, redrawings, seen, advantage, evaluations }: Redrawings): void {
    this.#most = Math.max(this.#most, ...losses);
    this.#chart.finish(losses, label, runnerUp);
    this.#showLanes(losses, redrawings, label, runnerUp);
    showDigit(canvas("best"), redrawings.subarray(label * PIXELS, (label + 1) * PIXELS));
    showAdvantage(canvas("advantage"), advantage, seen);
    setText(element("best-caption", HTMLElement), `Best redrawing: the ${label}’s`);
    setText(element("advantage-caption", HTMLElement), `What decides: ${label} or ${runnerUp}`);
    setText(
      this.#state,
      `The ${label} redraws it best, then the ${runnerUp}. ${evaluations.shown} redrawings shown; the library’s own search needs ${evaluations.searched}.`,
    );
  }

  #best(losses: number[]): number {
    return losses.indexOf(Math.min(...losses));
  }

  #showLanes(losses: number[], redrawings: Uint8Array, winner: number, runnerUp = -1): void {
    this.#lanes.forEach(({ item, picture, loss, fill }, label) => {
      item.classList.toggle("winner", label === winner);
      item.classList.toggle("runner-up", label === runnerUp);
      showDigit(picture, redrawings.subarray(label * PIXELS, (label + 1) * PIXELS));
      const value = losses[label] as number;
      loss.textContent = value.toFixed(4);
      fill.style.setProperty("--share", String(Math.min(1, value / this.#most)));
    });
  }
}
