import { CLASSES } from "../exchange.ts";

/** The element with an id. @throws {Error} when the page has none of that kind */
export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} called ${id}`);
  return found;
}

export const button = (id: string): HTMLButtonElement => element(id, HTMLButtonElement);
export const canvas = (id: string): HTMLCanvasElement => element(id, HTMLCanvasElement);
export const select = (id: string): HTMLSelectElement => element(id, HTMLSelectElement);

/** A new element with a class and content. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== "") made.className = className;
  made.append(...content);
  return made;
}

/** Sets a text only where it changes: a screen reader speaks it again each time. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Fills a choice with the ten digits. */
export function addDigits(choice: HTMLSelectElement, chosen: number): void {
  for (let digit = 0; digit < CLASSES; ++digit)
    choice.add(new Option(String(digit), String(digit), false, digit === chosen));
}

export const wantsStill = matchMedia("(prefers-reduced-motion: reduce)");
