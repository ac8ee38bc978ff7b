import { arm64Host } from "./arm64.ts";
import type { Host } from "./host.ts";
import { bunHost, denoHost, node22Host, node24Host, nodeHost, nodeInlineHost, nodeModuleHost } from "./processes.ts";
import { chromiumFileHost, chromiumHost, firefoxHost } from "./puppeteer.ts";
import { tierHosts } from "./tiers.ts";
import { webkitHost } from "./webkit.ts";
import { workerdHost } from "./workerd.ts";

/** Every runtime, by the name that the command takes. Those of the first list are part of `npm test`. */
export const HOSTS_FROM_NPM: Record<string, Host> = {
  node: nodeHost,
  "node-inline": nodeInlineHost,
  "node-module": nodeModuleHost,
  deno: denoHost,
  bun: bunHost,
  workerd: workerdHost,
  chromium: chromiumHost,
  "chromium-file": chromiumFileHost,
};

export const HOSTS: Record<string, Host> = {
  ...HOSTS_FROM_NPM,
  "node-22": node22Host,
  "node-24": node24Host,
  firefox: firefoxHost,
  webkit: webkitHost,
};

/** The same engines made to use one of their compilers, or fewer instructions; and another processor. See tiers.ts. */
export const TIERS: Record<string, Host> = { ...tierHosts, "arm64-node": arm64Host };
