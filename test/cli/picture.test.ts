import { describe, expect, it } from "vitest";
import type { ColourDepth } from "../../src/cli/colour-depth.ts";
import { renderPictures } from "../../src/cli/picture.ts";

const RAMP = Float32Array.from({ length: 784 }, (_, index) => (index % 28) / 27);

describe("renderPictures", () => {
  it("shades from blank to full in plain text", () => {
    const lines = renderPictures([{ title: "ramp", values: RAMP }], { colour: "none", columns: 80 });
    expect(lines).toHaveLength(15);
    expect(lines[0]).toBe("ramp");
    expect(lines[1]).toHaveLength(28);
    expect(lines[1]?.[0]).toBe(" ");
    expect(lines[1]?.[27]).toBe("@");
  });

  it("puts as many side by side as fit, and always one", () => {
    const pictures = [1, 2, 3].map((number) => ({ title: `${number}`, values: RAMP }));
    expect(renderPictures(pictures, { colour: "none", columns: 88 })).toHaveLength(15);
    expect(renderPictures(pictures, { colour: "none", columns: 87 })).toHaveLength(30);
    expect(renderPictures(pictures, { colour: "none", columns: 5 })).toHaveLength(45);
  });

  it("shows the left of pictures where the terminal is narrower than one", () => {
    for (const columns of [1, 20, 28]) {
      const pictures = [{ title: "a title that is longer than twenty", values: RAMP }];
      const plain = renderPictures(pictures, { colour: "none", columns });
      expect(Math.max(...plain.map((line) => line.length))).toBeLessThanOrEqual(columns);
      const coloured = renderPictures(pictures, { colour: "256", columns });
      expect(coloured[1]?.match(/▀/g)).toHaveLength(columns);
    }
  });

  it("shows titles without control characters", () => {
    const [title] = renderPictures([{ title: "\u001b[31mred", values: RAMP }], { colour: "256", columns: 80 });
    expect(title).toBe("\\u001b[31mred");
  });

  it.each([
    ["16", "\u001b[30;107m▀\u001b[30;40m▀▀"],
    ["256", "\u001b[38;5;16;48;5;231m▀\u001b[38;5;16;48;5;16m▀▀"],
    ["full", "\u001b[38;2;0;0;0;48;2;255;255;255m▀\u001b[38;2;0;0;0;48;2;0;0;0m▀▀"],
  ] as const)("shows two pixels a character in %s colours and resets at the end of each line", (colour, begin) => {
    const values = new Float32Array(784);
    values[28] = 1;
    const lines = renderPictures([{ title: "dot", values }], { colour, columns: 80 });
    expect(lines).toHaveLength(15);
    expect(lines[1]?.startsWith(begin)).toBe(true);
    for (const line of lines.slice(1)) {
      expect(line.match(/▀/g)).toHaveLength(28);
      expect(line.endsWith("\u001b[0m")).toBe(true);
    }
  });

  it.each([
    ["16", 2],
    ["256", 12],
    ["full", 128],
  ] as const)("tells shades apart in %s colours", (colour, least) => {
    const shades = Float32Array.from({ length: 784 }, (_, index) => index / 783);
    const text = renderPictures([{ title: "shades", values: shades }], { colour, columns: 80 }).join("");
    const codes = new Set(Array.from(text.matchAll(/\[([\d;]+)m▀/g), ([, code]) => code));
    expect(codes.size).toBeGreaterThan(least);
  });

  it("shows signs in orange and blue", () => {
    const values = new Float32Array(784);
    values.set([1, -1]);
    const starts = {
      16: "\u001b[93;40m▀\u001b[94;40m▀",
      256: "\u001b[38;5;214;48;5;16m▀\u001b[38;5;75;48;5;16m▀",
      full: "\u001b[38;2;255;150;40;48;2;0;0;0m▀\u001b[38;2;80;160;255;48;2;0;0;0m▀",
    };
    for (const [colour, start] of Object.entries(starts) as [keyof typeof starts & ColourDepth, string][]) {
      const [, line] = renderPictures([{ title: "signs", values, signed: true }], { colour, columns: 80 });
      expect(line?.startsWith(start), JSON.stringify(line)).toBe(true);
    }
  });

  it("shows signs against the largest magnitude", () => {
    const values = Float32Array.from({ length: 784 }, (_, index) => (index < 392 ? 1e-3 : -1e-3));
    const plain = renderPictures([{ title: "signed", values, signed: true }], { colour: "none", columns: 80 });
    expect(plain[1]).toBe("#".repeat(28));
    expect(plain[14]).toBe("=".repeat(28));
    const blank = renderPictures([{ title: "none", values: new Float32Array(784), signed: true }], {
      colour: "none",
      columns: 80,
    });
    expect(blank[1]).toBe("");
  });
});
