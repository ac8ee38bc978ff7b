export type Step = "freeze" | "module" | "lanes" | "text" | "debug" | "library" | "uploads" | "wasi";
export const ALL: readonly Step[];
export function changedAt(path: string): number;
export function runNpm(words: readonly string[]): void;
export function bringUpToDate(names: readonly Step[]): Step[];
export function importsOf(file: string): Set<string>;
