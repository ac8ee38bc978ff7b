// The colours of reports, on light screens and paper, and on dark screens.

/** What a colour is for. */
export type Role = "ink" | "paper" | "faint" | "quiet" | "mark";

export const LIGHT: Readonly<Record<Role, string>> = {
  ink: "#1b1b1b",
  paper: "#ffffff",
  faint: "#d8d8d8",
  quiet: "#5c5c5c",
  mark: "#fff3cd",
};

export const DARK: Readonly<Record<Role, string>> = {
  ink: "#e8e8e8",
  paper: "#16181a",
  faint: "#3a3d40",
  quiet: "#a8a8a8",
  mark: "#4a3f16",
};
