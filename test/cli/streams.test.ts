import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { LOSSY_WEBP } from "../files/handmade-files.ts";

const COMMAND = fileURLToPath(new URL("../../dist/library/cli.js", import.meta.url));
const IMAGE = fileURLToPath(new URL("../../examples/images/seven-small.png", import.meta.url));

/** Runs a line of shell in which `abs` is the built command. */
function shell(line: string): { code: number | null; stdout: string; stderr: string } {
  const script = `abs() { "${process.execPath}" "${COMMAND}" "$@"; }\n${line}`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

describe("the command, on streams that fail", () => {
  it.runIf(existsSync("/dev/full")).each([[""], ["--json"]])(
    "says in one line that standard output is full (%s)",
    (option) => {
      expect(shell(`abs classify "${IMAGE}" ${option} > /dev/full`)).toEqual({
        code: 1,
        stdout: "",
        stderr: "abs: standard output: cannot be written: no space is left\n",
      });
    },
  );

  it.runIf(existsSync("/dev/full"))("gives results and the exit code when standard error is full", () => {
    const { code, stdout } = shell(`abs classify nowhere.png "${IMAGE}" --json 2> /dev/full`);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).results).toMatchObject([{ label: 7 }]);
  });

  it.each([
    [["nowhere.png", IMAGE], 1],
    [[IMAGE], 0],
  ])("gives results and the exit code when nobody reads standard error: %j", async (files, wanted) => {
    const child = spawn(process.execPath, [COMMAND, "classify", "--json", ...files], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr.destroy();
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect(JSON.parse(output).results).toMatchObject([{ label: 7 }]);
    expect(code).toBe(wanted);
  });

  it("ends quietly when nobody reads standard output any more", () => {
    const { stdout, stderr, code } = shell("abs sample 3 --count 300 | head -n 1; exit $PIPESTATUS");
    expect([stdout.split("\n").length, stderr, code]).toEqual([2, "", 0]);
  });
});

describe("standard input", () => {
  it("is the image called -, for one thread and for several", () => {
    for (const words of ["classify -", "classify - --workers 2"]) {
      const { code, stdout } = shell(`cat "${IMAGE}" | abs ${words} --pictures 0`);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^standard input: 7 /)]);
    }
    const { stdout } = spawnSync(process.execPath, [COMMAND, "explain", "-", "--json"], { input: readFileSync(IMAGE) });
    expect(JSON.parse(stdout.toString())).toMatchObject({ file: "-", label: 7 });
  });

  it("may be a WebP, whose decoder lies beside the command", () => {
    const base64 = Buffer.from(LOSSY_WEBP).toString("base64");
    for (const words of ["classify -", "classify - --workers 2"]) {
      const { code, stdout, stderr } = shell(`echo ${base64} | base64 -d | abs ${words} --json`);
      expect([code, stderr]).toEqual([0, ""]);
      expect(JSON.parse(stdout).results).toMatchObject([{ file: "-", preprocessed: true }]);
    }
  });

  it("is told when it is empty or there twice", () => {
    expect(shell("abs classify - < /dev/null")).toMatchObject({
      code: 1,
      stderr: "abs classify: standard input: is empty (0 bytes)\n",
    });
    expect(shell("abs classify - -").code).toBe(2);
  });
});
