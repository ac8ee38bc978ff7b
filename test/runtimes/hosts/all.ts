import type { Host } from "./host.ts";
import { bunHost, denoHost, nodeHost, nodeInlineHost, nodeModuleHost } from "./processes.ts";
import { chromiumFileHost, chromiumHost, firefoxHost } from "./puppeteer.ts";
import { webkitHost } from "./webkit.ts";
import { workerdHost } from "./workerd.ts";

/** Every runtime, by the name that the command takes. Those of the first list need nothing but npm. */
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

export const HOSTS: Record<string, Host> = { ...HOSTS_FROM_NPM, firefox: firefoxHost, webkit: webkitHost };
