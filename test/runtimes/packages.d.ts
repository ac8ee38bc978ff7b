// What tests use of the packages that test/runtimes/package.json lists. They are installed on first use only, so
// their own declarations may be missing when types are checked.

declare module "puppeteer-core" {
  export interface Page {
    createCDPSession(): Promise<CDPSession>;
    on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
    on(event: "pageerror", listener: (error: Error) => void): void;
    on(event: "request", listener: (request: { url(): string }) => void): void;
    on(event: "requestfailed", listener: (request: { url(): string }) => void): void;
    on(event: "response", listener: (response: { status(): number; url(): string }) => void): void;
    setViewport(size: {
      width: number;
      height: number;
      deviceScaleFactor?: number;
      isMobile?: boolean;
      hasTouch?: boolean;
    }): Promise<void>;
    evaluateOnNewDocument(program: string): Promise<unknown>;
    emulateMediaFeatures(features: { name: string; value: string }[]): Promise<void>;
    emulateCPUThrottling(factor: number | null): Promise<void>;
    goto(address: string): Promise<unknown>;
    reload(): Promise<unknown>;
    $(selector: string): Promise<Element | null>;
    screenshot(options: Screenshot): Promise<unknown>;
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
  interface Screenshot {
    path: string;
    fullPage?: boolean;
    clip?: { x: number; y: number; width: number; height: number };
  }
  interface Element {
    uploadFile(path: string): Promise<void>;
    screenshot(options: Screenshot): Promise<unknown>;
  }
  /** What the tests ask by Chromium's own protocol. */
  export interface CDPSession {
    send(method: "Page.getAppManifest"): Promise<{ url: string; data?: string; errors: unknown[] }>;
    send(method: "Input.dispatchMouseEvent", event: Record<string, string | number>): Promise<void>;
    send(
      method: "Input.dispatchDragEvent",
      event: {
        type: string;
        x: number;
        y: number;
        data: { items: unknown[]; files: string[]; dragOperationsMask: number };
      },
    ): Promise<void>;
  }
  export interface Browser {
    newPage(): Promise<Page>;
    version(): Promise<string>;
    process(): import("node:child_process").ChildProcess | null;
    close(): Promise<void>;
  }
  interface LaunchOptions {
    browser?: "chrome" | "firefox";
    executablePath: string;
    headless: boolean | "shell";
    args?: string[];
    extraPrefsFirefox?: Record<string, unknown>;
  }
  const puppeteer: { launch(options: LaunchOptions): Promise<Browser> };
  export default puppeteer;
}

declare module "@sparticuz/chromium" {
  const chromium: { args: string[]; executablePath(): Promise<string> };
  export default chromium;
}
