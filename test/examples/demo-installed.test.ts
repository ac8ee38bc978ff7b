import { createHash } from "node:crypto";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { BUILT } from "../../scripts/demo/plugin.ts";
import { type Served, serveDemo } from "../../scripts/demo/served.ts";
import { text, VERDICT, waitFor } from "../../scripts/demo/visitor.ts";
import { troubleOf } from "../support/chromium.ts";
import { testsInChromium } from "../support/demo-page.ts";

// The demo as an installed application, under a path as GitHub Pages has it: what browsers want of one, work without a network, and
// the change to another build.
// Headless Chromium calls no page unfit to be installed, so that what browsers want is asked for one by one.

const PATH = "/analysis-by-synthesis/";
const KEPT = `${text("offline-state")}.includes("without a network")`;
const CACHES = "caches.keys()";
const OPENED = `${VERDICT}.startsWith("This is a 2 (")`;

const withChromium = testsInChromium();

/** Another build: its page has another title, its service worker knows that. */
function rebuild(folder: string, title: string): void {
  const [page, worker] = [join(folder, "index.html"), join(folder, "service-worker.js")];
  const before = hashOf(page);
  writeFileSync(page, readFileSync(page, "utf8").replace(/<title>[^<]*/, `<title>${title}`));
  writeFileSync(worker, readFileSync(worker, "utf8").replace(before, hashOf(page)));
}

function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex").slice(0, 12);
}

async function withCopy(act: (folder: string, serve: () => Promise<Served>) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "abs-demo-installed-"));
  const started: Served[] = [];
  let port = 0;
  try {
    cpSync(BUILT, folder, { recursive: true });
    await act(folder, async () => {
      const served = await serveDemo(folder, { path: PATH, port });
      port = Number(new URL(served.address).port);
      started.push(served);
      return served;
    });
  } finally {
    await Promise.allSettled(started.map((served) => served.close()));
    rmSync(folder, { recursive: true });
  }
}

withChromium("is what browsers install, under any path", (browser) =>
  withCopy(async (_, serve) => {
    const { address } = await serve();
    const page = await browser.newPage();
    const trouble = troubleOf(page);
    await page.goto(address);
    await waitFor(page, KEPT);
    const session = await page.createCDPSession();
    const { url, errors, data } = await session.send("Page.getAppManifest");
    expect(url).toBe(`${address}manifest.webmanifest`);
    expect(errors).toEqual([]);
    // An application is known by where it begins: two under one host are two.
    const manifest = JSON.parse(data as string) as Record<string, string> & { icons: Icon[] };
    expect(manifest["id"]).toBeUndefined();
    expect(new URL(manifest["start_url"] as string, url).href).toBe(address);
    expect([manifest["name"], manifest["short_name"]]).not.toContain(undefined);
    expect(manifest["display"]).toBe("standalone");
    expect(await page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)")).toBe(address);
    expect(new URL(manifest["scope"] as string, url).href).toBe(address);
    expect(manifest.icons.map(({ sizes, purpose }) => [sizes, purpose])).toEqual(
      expect.arrayContaining([
        ["192x192", "any"],
        ["512x512", "any"],
        ["512x512", "maskable"],
      ]),
    );
    for (const { src, sizes } of manifest.icons) {
      const icon = new URL(src, url).href;
      const side = (await page.evaluate(
        `new Promise((resolve, reject) => {
          const image = new Image();
          image.onload = () => resolve(image.naturalWidth + "x" + image.naturalHeight);
          image.onerror = reject;
          image.src = ${JSON.stringify(icon)};
        })`,
      )) as string;
      if (sizes !== "any") expect(side, src).toBe(sizes);
    }
    expect(trouble).toEqual([]);
    await page.close();
  }),
);

interface Icon {
  src: string;
  sizes: string;
  purpose?: string;
}

withChromium("keeps one build whole until another one is there whole, and then only that", (browser) =>
  withCopy(async (folder, serve) => {
    const first = await serve();
    let page = await browser.newPage();
    await page.goto(first.address);
    await waitFor(page, KEPT);
    const before = (await page.evaluate(CACHES)) as string[];
    expect(before).toHaveLength(1);
    await first.close();
    await page.reload();
    await waitFor(page, OPENED);

    // A host in the middle of a change: the new list is there, one of its files is not.
    rebuild(folder, "another");
    const manifest = join(folder, "manifest.webmanifest");
    const whole = readFileSync(manifest);
    appendFileSync(manifest, " ");
    const second = await serve();
    const update = `navigator.serviceWorker.getRegistration().then(async (registration) => {
      await registration.update().catch(() => undefined);
      const worker = registration.installing;
      if (worker !== null) await new Promise((resolve) => worker.addEventListener("statechange", resolve));
      return [registration.waiting?.state ?? null, registration.active?.state];
    })`;
    expect(await page.evaluate(update)).toEqual([null, "activated"]);
    expect(await page.evaluate(CACHES)).toEqual(before);

    // All of it is there: it waits for the last page of the old one to go.
    writeFileSync(manifest, whole);
    expect(await page.evaluate(update)).toEqual(["installed", "activated"]);
    await page.reload();
    await waitFor(page, OPENED);
    expect(await page.evaluate("document.title")).not.toBe("another");
    await page.close();
    page = await browser.newPage();
    await page.goto("about:blank");
    await page.goto(second.address);
    await waitFor(page, `document.title === "another" && ${OPENED}`);
    const after = (await page.evaluate(CACHES)) as string[];
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    await second.close();
    await page.reload();
    await waitFor(page, `document.title === "another" && ${OPENED}`);
    await page.close();
  }),
);
