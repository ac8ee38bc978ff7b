import { LATENTS, type Place } from "../exchange.ts";
import { normals } from "../noise.ts";
import { type Bench, Cancelled } from "../page/bench.ts";
import { digitCanvas, showDigit } from "../page/digit-canvas.ts";
import { addDigits, button, canvas, element, make, select, setText } from "../page/elements.ts";
import { named } from "../page/words.ts";
import { slider } from "./slider.ts";

const STOPS = 11;
/** The ends of a walk lie nearer to the middle than samples do, so that they look like what they are. */
const TYPICAL = 0.5;
/** Takes the place of a label that is to come. */
const NOT_YET = "\u00a0";

/** What the models draw: a slider for each latent, samples, and walks between two digits. */
export class ImaginePanel {
  readonly #bench: Bench;
  readonly #latents: { value: number }[];
  readonly #stops: { item: HTMLElement; picture: HTMLCanvasElement; said: HTMLElement }[];
  #seed = 0;
  #ask: AbortController | undefined;
  #image: Float32Array | undefined;
  #isShown = false;

  /** @param onUse gets an image for the sheet */
  constructor(bench: Bench, onUse: (image: Float32Array) => void) {
    this.#bench = bench;
    addDigits(select("imagine-label"), 3);
    addDigits(select("walk-from"), 4);
    addDigits(select("walk-to"), 9);
    const show = () => void this.#show();
    const sliders = Array.from({ length: LATENTS }, (_, index) =>
      slider(`z${index + 1}`, { min: -3, max: 3, step: 0.05, value: 0 }, (value) => value.toFixed(2), show),
    );
    this.#latents = sliders;
    element("latents", HTMLElement).append(...sliders.map(({ row }) => row));
    // They stand there before the first walk, so that it moves nothing.
    this.#stops = Array.from({ length: STOPS }, () => {
      const picture = digitCanvas("");
      const said = make("span", "said", NOT_YET);
      return { item: make("li", "", picture, said), picture, said };
    });
    element("walk", HTMLElement).append(...this.#stops.map(({ item }) => item));
    select("imagine-label").addEventListener("change", show);
    button("imagine-random").addEventListener("click", () => this.#set(this.#sample()));
    button("imagine-middle").addEventListener("click", () => this.#set(new Float32Array(LATENTS)));
    button("imagine-use").addEventListener("click", () => {
      if (this.#image !== undefined) onUse(this.#image);
    });
    button("walk-start").addEventListener("click", () => void this.#walk());
  }

  /** Draws for the first time. */
  open(): void {
    if (this.#isShown) return;
    this.#isShown = true;
    void this.#show();
    void this.#walk();
  }

  /** Numbers from N(0, spread²), with 1 the prior, within the sliders' reach. */
  #sample(spread = 1): Float32Array {
    const normal = normals(++this.#seed);
    return Float32Array.from({ length: LATENTS }, () => Math.min(3, Math.max(-3, spread * normal())));
  }

  #set(latent: Float32Array): void {
    latent.forEach((value, index) => {
      (this.#latents[index] as { value: number }).value = value;
    });
    void this.#show();
  }

  async #show(): Promise<void> {
    this.#ask?.abort();
    this.#ask = new AbortController();
    const place: Place = {
      label: Number(select("imagine-label").value),
      latent: Float32Array.from(this.#latents, ({ value }) => value),
    };
    try {
      const { image, decision } = await this.#bench.ask("imagine", place, { signal: this.#ask.signal });
      this.#image = image;
      showDigit(canvas("imagined"), image);
      setText(element("imagined-verdict", HTMLElement), `The classifier says: ${named(decision)}.`);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
  }

  async #walk(): Promise<void> {
    const start = button("walk-start");
    const hadFocus = document.activeElement === start;
    start.disabled = true;
    try {
      const place = (id: string): Place => ({ label: Number(select(id).value), latent: this.#sample(TYPICAL) });
      const stops = await this.#bench.ask("walk", { from: place("walk-from"), to: place("walk-to"), stops: STOPS });
      this.#stops.forEach(({ item, picture, said }, index) => {
        const { image, decision } = stops[index] as (typeof stops)[number];
        showDigit(picture, image);
        item.className = decision.rejected ? "rejected" : "";
        said.textContent = decision.rejected ? "×" : String(decision.label);
        said.setAttribute("aria-label", named(decision));
        said.setAttribute("role", "img");
      });
    } finally {
      start.disabled = false;
      // A disabled button loses it.
      if (hadFocus && document.activeElement === document.body) start.focus();
    }
  }
}
