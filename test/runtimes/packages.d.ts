// What the suite uses of the packages that test/runtimes/package.json lists. They are installed on first use only, so
// their own declarations may be missing when types are checked.

declare module "puppeteer-core" {
  export interface Page {
    goto(address: string): Promise<unknown>;
    waitForFunction(condition: string, options: { timeout: number }): Promise<unknown>;
    evaluate(expression: string): Promise<unknown>;
  }
  export interface Browser {
    newPage(): Promise<Page>;
    version(): Promise<string>;
    close(): Promise<void>;
  }
  interface LaunchOptions {
    browser?: "chrome" | "firefox";
    executablePath: string;
    headless: boolean | "shell";
    args?: string[];
  }
  const puppeteer: { launch(options: LaunchOptions): Promise<Browser> };
  export default puppeteer;
}

declare module "@sparticuz/chromium" {
  const chromium: { args: string[]; executablePath(): Promise<string> };
  export default chromium;
}
