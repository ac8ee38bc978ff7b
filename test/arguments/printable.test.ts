import { describe, expect, it } from "vitest";
import { printable, shownText } from "../../src/arguments/printable.ts";
import { FileError } from "../../src/files/file-error.ts";

describe("text from outside", () => {
  it("is printed without what a terminal acts upon", () => {
    expect(printable("a\u001b[31m\u0007\n\u009b2J\u202etxt\u2028")).toBe(
      "a\\u001b[31m\\u0007\\u000a\\u009b2J\\u202etxt\\u2028",
    );
    expect(printable("Größe 三 👍🏽.png")).toBe("Größe 三 👍🏽.png");
    expect(printable("\ud83d")).toBe("\\ud83d");
  });

  it("is shown in messages without its middle where it is long", () => {
    expect(shownText("x".repeat(200))).toBe("x".repeat(200));
    expect(shownText(`begin${"x".repeat(50_000)}end.png`, 30)).toBe(`begin${"x".repeat(15)}…xxxend.png`);
    expect(new FileError("p".repeat(9000), "q".repeat(9000)).message.length).toBeLessThan(610);
    expect(new FileError("\u001b[2J", "has \u001b[3m").message).toBe("\\u001b[2J: has \\u001b[3m");
  });
});
