import { existsSync } from "node:fs";
import type { Browser } from "puppeteer-core";
import type { Stage } from "../stage.ts";
import type { Host, Outcome } from "./host.ts";
import { PAGE_IS_SETTLED, PAGE_STATE, type ReadPage, runFilePage, runServedPage } from "./pages.ts";

const PAGE_LIMIT = { timeout: 240_000 };
const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];
/** Chromium resolves no name at all, so that a page which asks for anything elsewhere fails. */
const OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";

/** Starts Chromium from npm. @param options of its command line, beside the usual ones */
export async function launchChromium(options: readonly string[] = []): Promise<Browser> {
  // Tells the package that its system libraries are wanted too; a bare machine lacks them.
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs22.x";
  const { default: chromium } = await import("@sparticuz/chromium");
  const { default: puppeteer } = await import("puppeteer-core");
  const executablePath = await chromium.executablePath();
  return await puppeteer.launch({ executablePath, headless: "shell", args: [...chromium.args, OFFLINE, ...options] });
}

/** How long a browser may take to close, in milliseconds. */
const CLOSING = 5_000;

/** Closes a browser, or ends its process: this build of Chromium may hang, most often once a page had a camera or was refused one. */
export async function endBrowser(browser: Browser): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const killed = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      browser.process()?.kill("SIGKILL");
      resolve();
    }, CLOSING);
  });
  await Promise.race([browser.close(), killed]);
  clearTimeout(timer);
}

/** Starts the Firefox that is installed. @param preferences of about:config, beside the usual ones */
export async function launchFirefox(preferences: Readonly<Record<string, unknown>> = {}): Promise<Browser> {
  const { default: puppeteer } = await import("puppeteer-core");
  const executablePath = FIREFOX.find((path) => existsSync(path)) as string;
  return await puppeteer.launch({
    browser: "firefox",
    executablePath,
    headless: true,
    extraPrefsFirefox: { ...preferences },
  });
}

type Pages = (stage: Stage, version: string, read: ReadPage) => Promise<Outcome>;

async function readPage(browser: Browser, address: string): ReturnType<ReadPage> {
  const page = await browser.newPage();
  await page.goto(address);
  await page.waitForFunction(PAGE_IS_SETTLED, PAGE_LIMIT);
  return JSON.parse((await page.evaluate(PAGE_STATE)) as string) as { title: string; text: string };
}

/** Reads one page in Chromium. */
export async function readInChromium(address: string): ReturnType<ReadPage> {
  const browser = await launchChromium();
  try {
    return await readPage(browser, address);
  } finally {
    await endBrowser(browser);
  }
}

function browserHost(name: string, launch: () => Promise<Browser>, missing: Host["missing"], pages: Pages): Host {
  return {
    name,
    missing,
    async run(stage) {
      const browser = await launch();
      try {
        const version = (await browser.version()).replace(/^\D+/, "");
        return await pages(stage, version, (address) => readPage(browser, address));
      } finally {
        await endBrowser(browser);
      }
    },
  };
}

/** Why Chromium cannot run on this machine, or undefined where it can. */
export const chromiumMissing = (): string | undefined =>
  process.platform === "linux" && process.arch === "x64"
    ? undefined
    : `Chromium from npm is built for Linux on x64, not for ${process.platform} on ${process.arch}`;
/** Why Firefox cannot run on this machine, or undefined where it can. */
export const firefoxMissing = (): string | undefined =>
  FIREFOX.some((path) => existsSync(path)) ? undefined : "Firefox is not installed (apt-get install firefox-esr)";

export const chromiumHost = browserHost("Chromium", launchChromium, chromiumMissing, runServedPage);
export const chromiumFileHost = browserHost("Chromium, file://", launchChromium, chromiumMissing, runFilePage);
export const firefoxHost = firefoxWith("Firefox", {});

/** Firefox with other preferences. */
export function firefoxWith(name: string, preferences: Readonly<Record<string, unknown>>): Host {
  return browserHost(name, () => launchFirefox(preferences), firefoxMissing, runServedPage);
}
