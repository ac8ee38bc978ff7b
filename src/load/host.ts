// What the host can do: what is wanted of it is WebAssembly with SIMD.

/** What WebAssembly begins with: a zero byte, "asm", and version 1. */
export const BEGINNING: readonly number[] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A module with one function, which makes a vector and drops it: `(func (drop (f32x4.splat (f32.const 0))))`. */
const WITH_SIMD = /* @__PURE__ */ Uint8Array.of(
  ...BEGINNING,
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[10, 12, 1, 10, 0, 0x43, 0, 0, 0, 0, 0xfd, 0x13, 0x1a, 0x0b],
);

/** What keeps the classifier from running here, in words; undefined where nothing does that can be told beforehand. */
export function missingAbility(): string | undefined {
  if (typeof WebAssembly !== "object" || WebAssembly === null) {
    return "this host has no WebAssembly, in which the classifier is written";
  }
  if (typeof WebAssembly.validate === "function" && !WebAssembly.validate(WITH_SIMD)) {
    return "this host's WebAssembly has no SIMD, which Chrome has from 91, Firefox from 89, Safari from 16.4 and Node from 16.4 on, on processors with SSE4.1 or NEON";
  }
  return undefined;
}

/**
 * Whether this host can run the classifier: whether it has WebAssembly with SIMD. It takes microseconds, and loads, compiles
 * and fetches nothing, so a program can look before it loads the module. A policy that forbids pages to compile WebAssembly
 * cannot be told without compiling something; `createClassifier` then rejects and says so.
 *
 * @example
 * ```js
 * import { isSupported } from "analysis-by-synthesis";
 *
 * if (!isSupported()) console.log("This browser is too old to classify digits.");
 * ```
 */
export function isSupported(): boolean {
  return missingAbility() === undefined;
}

/** Whether the host refuses to compile any WebAssembly, even a module that holds nothing. */
export function forbidsCompiling(): boolean {
  try {
    new WebAssembly.Module(Uint8Array.from(BEGINNING));
    return false;
  } catch {
    return true;
  }
}
