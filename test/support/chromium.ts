import { pathToFileURL } from "node:url";
import { runtimeFile } from "./runtimes.ts";

/** What the tests use of puppeteer-core, which is not there when types are checked. */
export interface Page {
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string }) => void): void;
  on(event: "requestfailed", listener: (request: { url(): string }) => void): void;
  on(event: "response", listener: (response: { status(): number; url(): string }) => void): void;
  setViewport(size: { width: number; height: number; isMobile?: boolean; hasTouch?: boolean }): Promise<void>;
  goto(address: string): Promise<unknown>;
  $(selector: string): Promise<{ uploadFile(path: string): Promise<void> } | null>;
  focus(selector: string): Promise<void>;
  evaluate(expression: string): Promise<unknown>;
  waitForFunction(expression: string, options?: { timeout: number }): Promise<unknown>;
  readonly keyboard: { press(key: string): Promise<void> };
  readonly mouse: {
    move(x: number, y: number, options?: { steps: number }): Promise<void>;
    down(): Promise<void>;
    up(): Promise<void>;
  };
  readonly touchscreen: {
    touchStart(x: number, y: number): Promise<unknown>;
    touchMove(x: number, y: number): Promise<unknown>;
    touchEnd(): Promise<unknown>;
  };
  close(): Promise<void>;
}

export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

const chromiumFile = runtimeFile("@sparticuz/chromium/build/esm/index.js");
const puppeteerFile = runtimeFile("puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");

/** Where Chromium comes from, or undefined where it is not installed or not built for this machine. */
export const chromium =
  process.platform === "linux" && process.arch === "x64" && puppeteerFile ? chromiumFile : undefined;

/** Starts Chromium, which resolves no name: a page that asks for anything elsewhere fails. */
export async function launchChromium(): Promise<Browser> {
  // Tells the package that its system libraries are wanted too; a bare machine lacks them.
  process.env["AWS_LAMBDA_JS_RUNTIME"] ??= "nodejs22.x";
  const { default: packed } = (await import(pathToFileURL(chromiumFile as string).href)) as {
    default: { args: string[]; executablePath(): Promise<string> };
  };
  const { default: puppeteer } = (await import(pathToFileURL(puppeteerFile as string).href)) as {
    default: { launch(options: object): Promise<Browser> };
  };
  const executablePath = await packed.executablePath();
  const args = [...packed.args, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"];
  return await puppeteer.launch({ executablePath, headless: "shell", args });
}

/** Notes all that goes wrong in a page: errors, violations of its policy, requests that fail or leave this machine. */
export function troubleOf(page: Page): string[] {
  const trouble: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("requestfailed", (request) => trouble.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("http://127.0.0.1:")) trouble.push(`elsewhere: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()}: ${response.url()}`);
  });
  return trouble;
}
