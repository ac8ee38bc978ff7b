import { installedProgram, installedRelease } from "../stage.ts";
import type { Host } from "./host.ts";
import { findBun, node, PACKAGE, processHost } from "./processes.ts";
import { firefoxWith } from "./puppeteer.ts";

// Engines compile a module twice: quickly first, and the functions that run often once more, by a compiler that reorders and
// joins instructions. Both must give the same bits, and so must those for processors with fewer instructions. Node takes V8's
// flags, Deno too, Bun has JavaScriptCore's options in its environment, Firefox has preferences.

/** V8's flags, by what they are called here. */
const V8: Readonly<Record<string, readonly string[]>> = {
  /** The quick compiler alone. */
  liftoff: ["--liftoff-only"],
  /** The optimising compiler alone. */
  turbofan: ["--no-liftoff"],
  /** Functions stay as they were compiled first. */
  "no-tier-up": ["--no-wasm-tier-up"],
  /** All functions are compiled at once, and again right after that. */
  eager: ["--no-wasm-dynamic-tiering", "--no-wasm-lazy-compilation"],
  /** The optimising compiler without its optimisations. */
  "no-opt": ["--no-liftoff", "--no-wasm-opt"],
  inlining: ["--no-liftoff", "--experimental-wasm-inlining"],
  /** Instructions of processors before 2011. */
  "no-avx": ["--no-enable-avx", "--no-enable-avx2", "--no-enable-fma3"],
};

/** What V8 learned after Node 20: pairs of 128-bit instructions become one of 256 bits. */
const REVECTORISED = ["--no-liftoff", "--experimental-wasm-revectorize"];

const nodeTiers = Object.entries(V8).map(([tier, flags]): [string, Host] => [
  `node-${tier}`,
  processHost(`Node, ${flags.join(" ")}`, node, flags, PACKAGE),
]);

const releaseTiers = [22, 24].flatMap((major) => {
  const find = (): string | undefined => installedRelease(major);
  const tier = (name: string, flags: readonly string[]): [string, Host] => [
    `node-${major}-${name}`,
    processHost(`Node ${major}, ${flags.join(" ")}`, find, flags, PACKAGE),
  ];
  return [tier("liftoff", ["--liftoff-only"]), tier("turbofan", ["--no-liftoff"]), tier("revectorised", REVECTORISED)];
});

const denoTiers = Object.entries({ liftoff: ["--liftoff-only"], revectorised: REVECTORISED }).map(
  ([tier, flags]): [string, Host] => [
    `deno-${tier}`,
    processHost(
      `Deno, ${flags.join(" ")}`,
      () => installedProgram("deno"),
      ["run", `--v8-flags=${flags.join(",")}`, "--no-prompt", "--no-remote", "--node-modules-dir=manual"],
      PACKAGE,
    ),
  ],
);

const bunTier = (tier: string, variables: Readonly<Record<string, string>>): [string, Host] => [
  `bun-${tier}`,
  processHost(
    `Bun, ${Object.entries(variables)
      .map(([name, value]) => `${name.replace("BUN_JSC_", "")}=${value}`)
      .join(" ")}`,
    findBun,
    [],
    PACKAGE,
    { variables },
  ),
];

export const tierHosts: Record<string, Host> = Object.fromEntries([
  ...nodeTiers,
  ...releaseTiers,
  ...denoTiers,
  // JavaScriptCore comes to its optimising compiler from the quick one alone.
  bunTier("interpreter", { BUN_JSC_useBBQJIT: "0", BUN_JSC_useOMGJIT: "0" }),
  bunTier("baseline", { BUN_JSC_useOMGJIT: "0" }),
  ["firefox-baseline", firefoxWith("Firefox, baseline", { "javascript.options.wasm_optimizingjit": false })],
  ["firefox-optimising", firefoxWith("Firefox, optimising", { "javascript.options.wasm_baselinejit": false })],
]);
