import { describe, expect, it } from "vitest";
import { run } from "./fake-classifier.ts";

const COMMANDS = ["classify", "explain", "sample", "evaluate", "attack", "certify", "merge", "data fetch"];

describe("abs", () => {
  it("shows its commands and its version", async () => {
    const help = await run(["--help"]);
    expect(help.code).toBe(0);
    for (const name of COMMANDS) expect(help.stdout).toContain(`  ${name} `);
    expect(await run(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n", stderr: "" });
  });

  it.each(COMMANDS)("%s explains its options and needs no arguments for that", async (name) => {
    for (const flag of ["--help", "-h"]) {
      const { code, stdout, stderr } = await run([...name.split(" "), flag]);
      expect(code).toBe(0);
      expect(stderr).toBe("");
      expect(stdout).toContain(`Usage: abs ${name}`);
      expect(stdout).toContain("--json");
    }
  });

  it.each([
    [[], "a command is wanted: classify"],
    [["clasify"], "unknown command clasify; there are classify"],
    [["data"], "unknown command data; there is data fetch"],
    [["data", "fecth"], "unknown command data fecth"],
    [["--json", "classify"], "unknown option --json; options come after the command"],
    [["classify"], "missing argument: classify wants FILE…"],
    [["explain"], "missing argument"],
    [["explain", "a.png", "b.png"], 'unexpected argument "b.png"'],
    [["classify", "a.png", "--jsno"], "Unknown option '--jsno'"],
    [["classify", "a.png", "--limit", "-1"], "--limit: a value that begins with a dash is written --limit=VALUE"],
    [["classify", "a.png", "--limit"], "--limit"],
    [["classify", "a.png", "--limit", "0"], '--limit wants a whole number from 1, got "0"'],
    [["classify", "a.png", "--limit", "1e3"], '--limit wants a whole number from 1, got "1e3"'],
    [["classify", "a.png", "--offset=-1"], '--offset wants a whole number from 0, got "-1"'],
    [["classify", "a.png", "--raw", "--preprocess"], "--raw and --preprocess exclude each other"],
    [["classify", "a.png", "--variant", "ternary"], '--variant wants abs or binary-abs, got "ternary"'],
    [["classify", "a.png", "--inference", "magic"], '--inference wants race or paper, got "magic"'],
    [["classify", "a.png", "--effort", "heroic"], '--effort wants quick or standard or thorough, got "heroic"'],
    [
      ["classify", "a.png", "--variant", "binary-abs", "--confidence", "calibrated"],
      "--variant binary-abs, which has only paper",
    ],
    [["classify", "a.png", "--confidence", "high"], '--confidence wants calibrated or paper, got "high"'],
    [["classify", "a.png", "--json=yes"], "--json"],
    [["sample"], "missing argument"],
    [["sample", "ten"], 'there is no class "ten"; there are 0, 1'],
    [["sample", "1", "--count", "999999"], "--count wants at most 10000"],
    [["evaluate"], "missing option: --data DIR"],
    [["evaluate", "--data", ".", "--split", "dev"], '--split wants test or train, got "dev"'],
    ...["0", "-1", "1.5", "max", "257", ""].map((value): [string[], string] => [
      ["evaluate", "--data", ".", `--workers=${value}`],
      `--workers wants auto or a whole number from 1 to 256, got "${value}"`,
    ]),
    [["classify", "a.png", "--workers", "many"], '--workers wants auto or a whole number from 1 to 256, got "many"'],
    [["data", "fetch", "d", "--mirror", "ftp://x/"], '--mirror wants an http or https address, got "ftp://x/"'],
  ])("calls %j wrong usage, says why and where help is", async (words, message) => {
    const { code, stdout, stderr } = await run(words);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/\nTry: abs .*--help\n$/);
  });
});
