import type { Decision, Look } from "../exchange.ts";

// What the page says in words.

export function failureOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function inPercent(share: number): string {
  // Never more than is known: 99.97 % is not 100 %.
  return share >= 0.995 && share < 1 ? "> 99 %" : `${Math.round(100 * share)} %`;
}

export function inDecimals(value: number, places: number): string {
  return value.toFixed(places);
}

/** A digit with its article. */
export function aDigit(label: number): string {
  return label === 8 ? "an 8" : `a ${label}`;
}

/** A decision in a few words. */
export function named({ label, rejected, confidence }: Decision): string {
  return rejected ? `not a digit, at best ${aDigit(label)}` : `${label}, ${inPercent(confidence)} sure`;
}

/** The verdict on what is on the sheet. */
export function verdictOf({ found, decisions: { abs } }: Look): string {
  if (found === "nothing") return "Draw a digit on the sheet.";
  const several = found === "several" ? " There are several things; the heaviest is looked at." : "";
  if (abs.rejected) return `Not a digit. At best ${aDigit(abs.label)} (${inPercent(abs.confidence)}).${several}`;
  return `This is ${aDigit(abs.label)} (${inPercent(abs.confidence)} sure).${several}`;
}
