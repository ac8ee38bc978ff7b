// The colours of reports, on light screens and paper, and on dark screens. What speaks for the winner, and what is positive, is orange
// everywhere; what speaks for the runner-up, and what is negative, is blue: in reports, in the terminal and in the demo, whose build
// takes both from here. People who do not see red or green tell them apart.

/** Red, green and blue, each 0 to 255. */
export type Rgb = readonly [number, number, number];

/** What a colour is for. */
export type Role = "ink" | "paper" | "faint" | "quiet" | "mark" | "for" | "against";

export const LIGHT: Readonly<Record<Role, string>> = {
  ink: "#1b1b1b",
  paper: "#ffffff",
  faint: "#d8d8d8",
  quiet: "#5c5c5c",
  mark: "#fff3cd",
  for: "#b94700",
  against: "#005ab5",
};

export const DARK: Readonly<Record<Role, string>> = {
  ink: "#e8e8e8",
  paper: "#16181a",
  faint: "#3a3d40",
  quiet: "#a8a8a8",
  mark: "#4a3f16",
  for: "#ff9628",
  against: "#50a0ff",
};

/** A colour of these as numbers. */
export function rgbOf(hexadecimal: string): Rgb {
  const channel = (at: number): number => Number.parseInt(hexadecimal.slice(at, at + 2), 16);
  return [channel(1), channel(3), channel(5)];
}
