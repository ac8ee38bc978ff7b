import { MODEL_NAMES, MODELS, type ModelName } from "../exchange.ts";
import { Bench, Cancelled } from "../page/bench.ts";
import { clearDigit, digitCanvas, showDigit } from "../page/digit-canvas.ts";
import { make, setText } from "../page/elements.ts";
import { failureOf } from "../page/words.ts";

// The same done to each of the three models at once, each in a worker of its own that can be ended at any time.

/** One model's place in a contest. */
export class Contender {
  readonly bench = new Bench();
  readonly item: HTMLLIElement;
  readonly #picture: HTMLCanvasElement;
  readonly #headline = make("strong", "headline", "");
  readonly #details = make("span", "details", "");
  #isRunning = false;
  /** Whether what is under way is about what is no longer there. */
  #wasOvertaken = false;

  constructor(name: ModelName, what: string) {
    this.#picture = digitCanvas(`${what} ${MODELS[name]}`);
    this.#headline.setAttribute("role", "status");
    this.item = make(
      "li",
      `contender ${name}`,
      make("span", "name", MODELS[name]),
      this.#picture,
      this.#headline,
      this.#details,
    );
  }

  /** Shows what the contest is about, before it begins; one under way is about another image, and ends. */
  prepare(image: Float32Array | undefined): void {
    if (this.#isRunning) this.#wasOvertaken = true;
    this.bench.stop();
    if (image === undefined) clearDigit(this.#picture);
    else showDigit(this.#picture, image);
    this.#details.textContent = "";
    // What is said of one that was ended is still true.
    if (!this.#wasOvertaken) this.say("");
  }

  /** Runs what the contest is, and says how it failed or ended. */
  async play(run: () => Promise<void>): Promise<void> {
    this.#isRunning = true;
    this.#wasOvertaken = false;
    this.say("…");
    try {
      await run();
    } catch (error) {
      if (!(error instanceof Cancelled)) this.say(failureOf(error));
      else this.say(this.#wasOvertaken ? "stopped: the image changed" : "stopped");
    } finally {
      this.#isRunning = false;
      // Lets go of its memory.
      this.bench.stop();
    }
  }

  show(image: Float32Array, details: string): void {
    showDigit(this.#picture, image);
    this.#details.textContent = details;
  }

  /** @param state "fooled" and "withstood" are coloured */
  say(headline: string, state: "" | "fooled" | "withstood" = ""): void {
    setText(this.#headline, headline);
    this.item.classList.toggle("fooled", state === "fooled");
    this.item.classList.toggle("withstood", state === "withstood");
  }
}

/** Runs something on all models at once, with buttons to start and to stop it. */
export function contest(
  { list, start, stop }: { list: HTMLElement; start: HTMLButtonElement; stop: HTMLButtonElement },
  what: string,
  run: (name: ModelName, contender: Contender) => Promise<void>,
): readonly Contender[] {
  const contenders = MODEL_NAMES.map((name) => [name, new Contender(name, what)] as const);
  list.append(...contenders.map(([, { item }]) => item));
  const end = (): void => {
    for (const [, { bench }] of contenders) bench.stop();
  };
  start.addEventListener("click", async () => {
    start.disabled = true;
    stop.disabled = false;
    stop.focus();
    await Promise.all(contenders.map(([name, contender]) => contender.play(() => run(name, contender))));
    start.disabled = false;
    if (document.activeElement === stop) start.focus();
    stop.disabled = true;
  });
  stop.addEventListener("click", end);
  return contenders.map(([, contender]) => contender);
}
