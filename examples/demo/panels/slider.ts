import { make } from "../page/elements.ts";

/** A slider with its name and value. */
export interface Slider {
  readonly row: HTMLElement;
  value: number;
  /** Whether moving it would change nothing. */
  isIdle: boolean;
}

/** @param words how a value is shown and spoken */
export function slider(
  name: string,
  { min, max, step, value }: { min: number; max: number; step: number; value: number },
  words: (value: number) => string,
  onInput: () => void,
): Slider {
  const input = make("input");
  input.type = "range";
  [input.min, input.max, input.step, input.value] = [min, max, step, value].map(String) as [
    string,
    string,
    string,
    string,
  ];
  const shown = make("span", "value");
  shown.setAttribute("aria-hidden", "true");
  const show = (): void => {
    shown.textContent = words(input.valueAsNumber);
    input.setAttribute("aria-valuetext", words(input.valueAsNumber));
  };
  input.addEventListener("input", () => {
    show();
    onInput();
  });
  show();
  return {
    row: make("label", "slider", make("span", "label", name), input, shown),
    get value() {
      return input.valueAsNumber;
    },
    set value(to: number) {
      input.value = String(to);
      show();
    },
    get isIdle() {
      return input.disabled;
    },
    set isIdle(isIdle: boolean) {
      input.disabled = isIdle;
    },
  };
}
