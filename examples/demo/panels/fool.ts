import type { Norm } from "analysis-by-synthesis/attacks";
import { Answers } from "../page/answers.ts";
import { type Bench, Cancelled } from "../page/bench.ts";
import type { CurrentImage } from "../page/current-image.ts";
import { clearDigit, showDigit } from "../page/digit-canvas.ts";
import { button, canvas, element, select } from "../page/elements.ts";
import { aDigit, inDecimals, inPercent, named } from "../page/words.ts";
import { type Contender, contest } from "./contest.ts";
import { slider } from "./slider.ts";
import { type Spoiling, spoilt, UNSPOILT } from "./spoil.ts";

/** The attacks as the page names them; others by their own name. */
const ATTACKS: Readonly<Record<string, string>> = {
  fgsm: "one step (FGSM)",
  pgd: "gradient descent (PGD)",
  apgd: "adaptive descent (APGD)",
  deepfool: "to the nearest boundary (DeepFool)",
  ddn: "direction and norm (DDN)",
  fmn: "fast minimum norm (FMN)",
  fab: "boundary projection (FAB)",
  "carlini-wagner": "Carlini and Wagner",
  "brendel-bethge": "along the boundary (Brendel and Bethge)",
  boundary: "labels only (boundary)",
  "gaussian-noise": "Gaussian noise",
  "uniform-noise": "uniform noise",
  "salt-and-pepper": "salt and pepper",
  pointwise: "pixel by pixel (pointwise)",
  "greedy-pixels": "the best pixels (greedy)",
  "sparse-rs": "random pixels (Sparse-RS)",
};
/** By norm, one that is quick and good. */
const FIRST: Readonly<Record<Norm, string>> = { linf: "apgd", l2: "ddn", l1: "fmn", l0: "greedy-pixels" };

const NORMS: Readonly<Record<Exclude<Norm, "l0">, string>> = { linf: "L∞", l2: "L2", l1: "L1" };

/** Spoiling the image by hand, and attacks on it. */
export class FoolPanel {
  readonly #bench: Bench;
  readonly #current: CurrentImage;
  readonly #answers = new Answers(element("spoilt-answers", HTMLElement));
  readonly #spoiling: { [name in keyof Spoiling]: { value: number } };
  #contenders: readonly Contender[] = [];
  #look: AbortController | undefined;
  #methods: Readonly<Record<Norm, string[]>> | undefined;
  /** What the unspoilt image is taken for by the classifier: what the others should say of the spoilt one, too. */
  #truth: number | undefined;

  constructor(bench: Bench, current: CurrentImage) {
    this.#bench = bench;
    this.#current = current;
    const show = () => {
      // What covers nothing is nowhere.
      sliders.coverAt.isIdle = sliders.cover.value === 0;
      void this.show();
    };
    const percent = (value: number) => `${Math.round(100 * value)} %`;
    const sliders = {
      noise: slider("Noise", { min: 0, max: 0.8, step: 0.02, value: 0 }, (value) => value.toFixed(2), show),
      brightness: slider("Brightness", { min: -0.8, max: 0.8, step: 0.02, value: 0 }, percent, show),
      stripes: slider("Stripes", { min: 0, max: 1, step: 0.02, value: 0 }, percent, show),
      cover: slider("Cover", { min: 0, max: 16, step: 1, value: 0 }, (value) => `${value} px`, show),
      coverAt: slider("Cover at", { min: 0, max: 27, step: 1, value: 10 }, (value) => `${value} px`, show),
    };
    this.#spoiling = sliders;
    element("spoil-sliders", HTMLElement).append(...Object.values(sliders).map(({ row }) => row));
    button("spoil-reset").addEventListener("click", () => {
      for (const [name, value] of Object.entries(UNSPOILT)) this.#spoiling[name as keyof Spoiling].value = value;
      show();
    });
    sliders.coverAt.isIdle = true;
    current.onChange(() => void this.show());
    this.#startAttacks();
    select("attack-norm").addEventListener("change", () => this.#offerMethods());
  }

  /** @param truth what the image on the sheet shows, as far as that is known */
  set truth(truth: number | undefined) {
    this.#truth = truth;
  }

  #image(): Float32Array | undefined {
    const { image } = this.#current;
    if (image === undefined) return undefined;
    const { noise, brightness, stripes, cover, coverAt } = this.#spoiling;
    return spoilt(image, {
      noise: noise.value,
      brightness: brightness.value,
      stripes: stripes.value,
      cover: cover.value,
      coverAt: coverAt.value,
    });
  }

  async show(): Promise<void> {
    const image = this.#image();
    this.#look?.abort();
    for (const contender of this.#contenders) contender.prepare(image);
    if (image === undefined) {
      clearDigit(canvas("spoilt"));
      this.#answers.clear();
      return;
    }
    showDigit(canvas("spoilt"), image);
    this.#look = new AbortController();
    try {
      const { decisions } = await this.#bench.ask("look", { image }, { signal: this.#look.signal });
      this.#answers.show(decisions, this.#truth);
    } catch (error) {
      if (!(error instanceof Cancelled)) throw error;
    }
  }

  /** Asks which attacks there are; until then none can be started. */
  async listMethods(): Promise<void> {
    this.#methods = await this.#bench.ask("methods", {});
    this.#offerMethods();
    button("attack-start").disabled = false;
  }

  /** Offers those in the norm chosen. */
  #offerMethods(): void {
    const norm = select("attack-norm").value as Norm;
    const names = this.#methods?.[norm] ?? [];
    select("attack-method").replaceChildren(
      ...names.map((name) => new Option(ATTACKS[name] ?? name, name, name === FIRST[norm], name === FIRST[norm])),
    );
  }

  #startAttacks(): void {
    const buttons = { start: button("attack-start"), stop: button("attack-stop") };
    this.#contenders = contest(
      { list: element("attacked", HTMLElement), ...buttons },
      "The image that attacks",
      async (name, contender) => {
        const image = this.#image();
        if (image === undefined) return contender.say("Draw something first.");
        const norm = select("attack-norm").value as Norm;
        const method = select("attack-method").value;
        const { decisions } = await contender.bench.ask("look", { image });
        const label = this.#truth ?? decisions[name].label;
        if (decisions[name].label !== label) {
          contender.show(image, named(decisions[name]));
          return contender.say("Fooled already", "fooled");
        }
        contender.say(`attacked; ${aDigit(label)} so far`);
        const end = await contender.bench.ask(
          "attack",
          { model: name, image, label, method, norm },
          {
            onProgress: ({ image: tried, label: found, queries }) =>
              contender.show(tried, `looks like ${aDigit(found)} · ${queries} questions`),
          },
        );
        const { decision, distance, queries } = end;
        if (!end.success) {
          contender.show(end.image, `after ${queries} questions`);
          return contender.say("Withstood", "withstood");
        }
        const far =
          norm === "l0" ? `${distance} pixels` : `${inDecimals(distance, norm === "linf" ? 3 : 2)} in ${NORMS[norm]}`;
        contender.show(end.image, `changed by ${far} · ${queries} questions`);
        if (decision.rejected) contender.say(`Takes it for no digit (${decision.label}?)`, "withstood");
        else contender.say(`Says ${decision.label}, ${inPercent(decision.confidence)} sure`, "fooled");
      },
    );
  }
}
