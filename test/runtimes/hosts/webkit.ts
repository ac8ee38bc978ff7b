import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Host } from "./host.ts";
import { PAGE_IS_SETTLED, PAGE_STATE, runServedPage } from "./pages.ts";

// WebKitGTK by plain WebDriver (https://www.w3.org/TR/webdriver2/): a handful of requests.

const DRIVER = "/usr/bin/WebKitWebDriver";
const DISPLAY = "/usr/bin/xvfb-run";
const LIBRARIES = "/usr/lib";
const PAGE_LIMIT = 240_000;
const START_LIMIT = 20_000;

/** WebKitGTK's small browser lies among the libraries, in a folder of its processor and its version. */
function miniBrowser(): string | undefined {
  if (!existsSync(LIBRARIES)) return undefined;
  return readdirSync(LIBRARIES)
    .filter((name) => name.endsWith("-linux-gnu"))
    .flatMap((processor) =>
      readdirSync(join(LIBRARIES, processor))
        .filter((name) => name.startsWith("webkit2gtk-") || name.startsWith("webkitgtk-"))
        .map((version) => join(LIBRARIES, processor, version, "MiniBrowser")),
    )
    .find((path) => existsSync(path));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function send<Value>(address: string, method: "POST" | "DELETE", body?: object): Promise<Value> {
  const response = await fetch(address, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await response.json()) as { value: Value };
  if (!response.ok) throw new Error(`WebDriver: ${JSON.stringify(value)}`);
  return value;
}

async function untilListening(port: number): Promise<void> {
  const end = Date.now() + START_LIMIT;
  for (;;) {
    try {
      if ((await fetch(`http://127.0.0.1:${port}/status`)).ok) return;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await wait(100);
  }
}

/** The driver and all that it started, which share a process group. */
function stop({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended already.
  }
}

export const webkitHost: Host = {
  name: "WebKitGTK",
  missing: () =>
    existsSync(DRIVER) && existsSync(DISPLAY) && miniBrowser() !== undefined
      ? undefined
      : "WebKitGTK is not installed (apt-get install webkit2gtk-driver xvfb xauth)",
  async run(stage) {
    const port = await freePort();
    const driver = spawn(DISPLAY, ["--auto-servernum", DRIVER, `--port=${port}`], { stdio: "ignore", detached: true });
    try {
      await untilListening(port);
      const sessions = `http://127.0.0.1:${port}/session`;
      const { sessionId, capabilities } = await send<{
        sessionId: string;
        capabilities: { browserVersion?: string };
      }>(sessions, "POST", {
        capabilities: {
          alwaysMatch: { "webkitgtk:browserOptions": { binary: miniBrowser(), args: ["--automation"] } },
        },
      });
      const session = `${sessions}/${sessionId}`;
      const evaluate = <Value>(expression: string): Promise<Value> =>
        send<Value>(`${session}/execute/sync`, "POST", { script: `return ${expression}`, args: [] });
      try {
        const version = capabilities.browserVersion || execFileSync(DRIVER, ["--version"], { encoding: "utf8" });
        return await runServedPage(stage, version.replace(/[^\d.]/g, ""), async (address) => {
          await send(`${session}/url`, "POST", { url: address });
          const end = Date.now() + PAGE_LIMIT;
          while (!(await evaluate<boolean>(PAGE_IS_SETTLED))) {
            if (Date.now() > end) throw new Error("the page does not finish");
            await wait(200);
          }
          return JSON.parse(await evaluate<string>(PAGE_STATE)) as { title: string; text: string };
        });
      } finally {
        await send(session, "DELETE");
      }
    } finally {
      stop(driver);
    }
  },
};
