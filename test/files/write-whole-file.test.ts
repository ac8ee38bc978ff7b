import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeWholeFile } from "../../src/files/write-whole-file.ts";
import { temporaryDirectory } from "./handmade-files.ts";

const SCRIPT = fileURLToPath(new URL("write-large-file.ts", import.meta.url));
const BYTES = Uint8Array.of(1, 2, 3);

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

const inside = (name: string): string => join(directory.path, name);

describe("a file that is written whole", () => {
  it("is there, alone, with the permissions that it had, and behind the link that it was", async () => {
    await writeWholeFile(inside("new"), BYTES);
    await directory.write("old", "old");
    await chmod(inside("old"), 0o640);
    await symlink("old", inside("link"));
    await writeWholeFile(inside("link"), BYTES);
    expect(await readlink(inside("link"))).toBe("old");
    for (const name of ["new", "old"]) expect(Uint8Array.from(await readFile(inside(name)))).toEqual(BYTES);
    expect((await stat(inside("old"))).mode & 0o777).toBe(0o640);
    expect((await readdir(directory.path)).sort()).toEqual(["link", "new", "old"]);
    expect(process.listenerCount("SIGINT") + process.listenerCount("SIGHUP")).toBe(0);
  });

  it("is refused, named, where no file can be", async () => {
    execFileSync("mkfifo", [inside("pipe")]);
    await directory.write("file", "file");
    const cases: [string, string][] = [
      [directory.path, "is a directory; a file is wanted"],
      [inside("pipe"), "pipe: is a pipe; a regular file is wanted"],
      ["/dev/null", "/dev/null: is a device; a regular file is wanted"],
      [inside("no/file"), "no/file: cannot be written: there is no such directory"],
      [inside("file/file"), "cannot be written: there is no such directory: a part of the path is not a directory"],
      [inside("a\0b"), "no name has a NUL character in it"],
      ["", "the name is empty"],
    ];
    for (const [path, message] of cases) await expect(writeWholeFile(path, BYTES)).rejects.toThrow(message);
    expect((await readdir(directory.path)).sort()).toEqual(["file", "pipe"]);
  });

  it("is as it was, and nothing is beside it, where there is no room for all of it", async () => {
    await directory.write("file", "as it was");
    // Files may have a mebibyte, and the signal that says so is not heard: a full disk as far as the writer can see.
    const command = `trap "" XFSZ; ulimit -f 1024; exec "$0" --import tsx "$@"`;
    const { status, stderr } = spawnSync("bash", ["-c", command, process.execPath, SCRIPT, inside("file")]);
    expect(status).toBe(1);
    expect(stderr.toString()).toContain("file: cannot be written: it would be larger than files may be");
    expect(await readdir(directory.path)).toEqual(["file"]);
    expect(await readFile(inside("file"), "utf8")).toBe("as it was");
  });

  it("goes over what a killed program left, even one that had the number of this process, as containers give it", async () => {
    const name = createHash("sha256").update(`${hostname()}\0file`).digest("hex").slice(0, 16);
    // No process has the first number, which is larger than Linux, macOS and Windows give.
    for (const owner of [2 ** 31 - 1, process.pid]) {
      for (const rest of ["0-1", "0-2", "1"]) {
        const left = inside(`.abs-${name}-${owner}-${rest}.part`);
        await writeFile(left, "half");
        const before = Date.now() / 1000 - process.uptime() - 60;
        await utimes(left, before, before);
      }
    }
    const ours = `.abs-${name}-${process.pid}-9-9.part`;
    await writeFile(inside(ours), "what another thread is writing");
    await writeWholeFile(inside("file"), BYTES);
    expect((await readdir(directory.path)).sort()).toEqual([ours, "file"]);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("is not there, nor half of it, when %s ends the program", async (signal) => {
    const child = spawn(process.execPath, ["--import", "tsx", SCRIPT, inside("file")], { stdio: "inherit" });
    const ended = once(child, "exit");
    while ((await readdir(directory.path)).length === 0 && child.exitCode === null) await setTimeout(1);
    child.kill(signal);
    const [code, by] = await ended;
    const left = await readdir(directory.path);
    // On a very fast disk it may have been done already.
    if (code === 0) expect(left).toEqual(["file"]);
    else expect([by, left]).toEqual([signal, []]);
  });
});

it("is how every command and bench writes, but for those that say why", () => {
  const root = new URL("../../", import.meta.url);
  /** What else may write, and why. */
  const others: Readonly<Record<string, string>> = {
    "src/files/write-whole-file.ts": "is it",
    "src/cli/attack/store.ts": "adds lines, and drops the last one where it was not written to its end",
    "bench/reading/examples.ts": "writes more than fits into memory, to another name first",
    "bench/peers/onnx-paper.ts": "in a temporary folder",
    "bench/parts/classification.ts": "in a temporary folder",
  };
  const writers = ["src", "bench"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.m?[jt]s$/.test(path) && !path.includes("node_modules"))
      .map((path) => `${folder}/${path}`)
      .filter((path) =>
        /\b(?:writeFile|appendFile|createWriteStream|copyFile|writeFileSync|appendFileSync|copyFileSync|writeSync)\(/.test(
          readFileSync(new URL(path, root), "utf8"),
        ),
      ),
  );
  expect(writers.sort()).toEqual(Object.keys(others).sort());
});
