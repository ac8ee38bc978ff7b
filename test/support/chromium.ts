import type { Page } from "puppeteer-core";
import { chromiumMissing } from "../runtimes/hosts/puppeteer.ts";
import { installedFile } from "../runtimes/stage.ts";

/** Where Chromium comes from, or undefined where it is not installed or not built for this machine. */
export const chromium = chromiumMissing() === undefined ? installedFile("@sparticuz/chromium/package.json") : undefined;

/** Notes all that goes wrong in a page: errors, violations of its policy, requests that fail or leave this machine. */
export function troubleOf(page: Page): string[] {
  const trouble: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") trouble.push(message.text());
  });
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("requestfailed", (request) => trouble.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!/^(blob:)?http:\/\/127\.0\.0\.1:/.test(request.url())) trouble.push(`elsewhere: ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) trouble.push(`${response.status()}: ${response.url()}`);
  });
  return trouble;
}
