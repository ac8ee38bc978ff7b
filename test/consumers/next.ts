import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installPackages } from "../support/installed.ts";
import { installPacked, type PackedPackage } from "../support/packed.ts";
import { checkFound, checkPage, run, TOOLS } from "./stage.ts";

// Next.js: routes on its two runtimes and a page, built and served as a deployment does.

const NEXT = join(TOOLS, "next");
/** Within the folder that has Next.js, which Turbopack wants. */
const SITE = join(NEXT, "build");
const PROGRAM = join(NEXT, "node_modules/next/dist/bin/next");
/** A site that does not say within this time that it serves has failed. */
const START_MS = 60_000;

/** Builds the site by one of its bundlers, and asks for each route and the page. */
export async function checkNext(packed: PackedPackage, bundler: "webpack" | "turbopack"): Promise<string> {
  process.env["NEXT_TELEMETRY_DISABLED"] = "1";
  // What Vite left there, if it was checked before.
  delete process.env["NODE_ENV"];
  installPackages(NEXT);
  rmSync(SITE, { recursive: true, force: true });
  mkdirSync(SITE, { recursive: true });
  cpSync(join(TOOLS, "programs/next"), SITE, { recursive: true });
  writeFileSync(join(SITE, "package.json"), JSON.stringify({ private: true }));
  installPacked(packed, SITE);
  run(process.execPath, [PROGRAM, "build", `--${bundler}`], SITE);
  return await whileStarted(async (address) => {
    for (const route of ["edge", "node"]) checkFound(await (await fetch(`${address}/${route}`)).text());
    return `routes on edge and nodejs answer; the page is ${await checkPage(address)}`;
  });
}

/** Serves the built site while `use` works with its address. */
async function whileStarted(use: (address: string) => Promise<string>): Promise<string> {
  const server = spawn(process.execPath, [PROGRAM, "start", "--port", "0", "--hostname", "127.0.0.1"], { cwd: SITE });
  let printed = "";
  try {
    const address = await new Promise<string>((resolve, reject) => {
      const fail = (): void => reject(new Error(`next start did not serve:\n${printed}`));
      setTimeout(fail, START_MS).unref();
      server.on("exit", fail);
      const listen = (text: Buffer): void => {
        printed += text.toString();
        const [, found] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(printed) ?? [];
        if (found !== undefined && /Ready/.test(printed)) resolve(found);
      };
      server.stdout.on("data", listen);
      server.stderr.on("data", listen);
    });
    return await use(address);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${printed}`);
  } finally {
    server.kill();
  }
}
