import { type Decision, MODEL_NAMES, MODELS, type ModelName } from "../exchange.ts";
import { make, setText } from "./elements.ts";
import { inPercent } from "./words.ts";

/** The three models' answers, one below the other. */
export class Answers {
  readonly #rows = new Map<ModelName, Row>();

  constructor(list: HTMLElement) {
    for (const name of MODEL_NAMES) {
      const row = new Row(name);
      this.#rows.set(name, row);
      list.append(row.item);
    }
  }

  /** @param truth what the image shows, where that is known: other answers are marked as wrong */
  show(decisions: Record<ModelName, Decision>, truth?: number): void {
    for (const [name, row] of this.#rows) row.show(decisions[name], truth);
  }

  clear(): void {
    for (const row of this.#rows.values()) row.clear();
  }
}

/** One model's name, its answer and how sure it is. */
class Row {
  readonly item: HTMLLIElement;
  readonly #digit = make("strong", "answer", "–");
  readonly #words = make("span", "words", "");
  readonly #fill = make("span", "fill");

  constructor(name: ModelName) {
    const bar = make("span", "bar", this.#fill);
    bar.setAttribute("aria-hidden", "true");
    this.item = make("li", `model ${name}`, make("span", "name", MODELS[name]), this.#digit, bar, this.#words);
  }

  show({ label, confidence, rejected }: Decision, truth: number | undefined): void {
    const isFooled = truth !== undefined && !rejected && label !== truth;
    this.item.classList.toggle("rejected", rejected);
    this.item.classList.toggle("fooled", isFooled);
    setText(this.#digit, rejected ? "×" : String(label));
    setText(
      this.#words,
      rejected ? `not a digit (${label}?)` : `${inPercent(confidence)} sure${isFooled ? ", fooled" : ""}`,
    );
    this.#fill.style.setProperty("--share", String(confidence));
  }

  clear(): void {
    this.item.classList.remove("rejected", "fooled");
    setText(this.#digit, "–");
    setText(this.#words, "");
    this.#fill.style.setProperty("--share", "0");
  }
}
