import { describe, expect, it } from "vitest";
import { renderPictures } from "../../src/cli/picture.ts";

const RAMP = Float32Array.from({ length: 784 }, (_, index) => (index % 28) / 27);

describe("renderPictures", () => {
  it("shades from blank to full in plain text", () => {
    const lines = renderPictures([{ title: "ramp", values: RAMP }], { colour: false, columns: 80 });
    expect(lines).toHaveLength(15);
    expect(lines[0]).toBe("ramp");
    expect(lines[1]).toHaveLength(28);
    expect(lines[1]?.[0]).toBe(" ");
    expect(lines[1]?.[27]).toBe("@");
  });

  it("puts as many side by side as fit, and always one", () => {
    const pictures = [1, 2, 3].map((number) => ({ title: `${number}`, values: RAMP }));
    expect(renderPictures(pictures, { colour: false, columns: 88 })).toHaveLength(15);
    expect(renderPictures(pictures, { colour: false, columns: 87 })).toHaveLength(30);
    expect(renderPictures(pictures, { colour: false, columns: 5 })).toHaveLength(45);
  });

  it("shows the left of pictures where the terminal is narrower than one", () => {
    for (const columns of [1, 20, 28]) {
      const pictures = [{ title: "a title that is longer than twenty", values: RAMP }];
      const plain = renderPictures(pictures, { colour: false, columns });
      expect(Math.max(...plain.map((line) => line.length))).toBeLessThanOrEqual(columns);
      const coloured = renderPictures(pictures, { colour: true, columns });
      expect(coloured[1]?.match(/▀/g)).toHaveLength(columns);
    }
  });

  it("shows titles without control characters", () => {
    const [title] = renderPictures([{ title: "\u001b[31mred", values: RAMP }], { colour: true, columns: 80 });
    expect(title).toBe("\\u001b[31mred");
  });

  it("shows two pixels a character in colour and resets at the end of each line", () => {
    const values = new Float32Array(784);
    values[28] = 1;
    const lines = renderPictures([{ title: "dot", values }], { colour: true, columns: 80 });
    expect(lines[1]?.startsWith("\u001b[38;5;16;48;5;231m▀\u001b[38;5;16;48;5;16m▀")).toBe(true);
    for (const line of lines.slice(1)) expect(line.endsWith("\u001b[0m")).toBe(true);
  });

  it("shows signs against the largest magnitude", () => {
    const values = Float32Array.from({ length: 784 }, (_, index) => (index < 392 ? 1e-3 : -1e-3));
    const plain = renderPictures([{ title: "signed", values, signed: true }], { colour: false, columns: 80 });
    expect(plain[1]).toBe("#".repeat(28));
    expect(plain[14]).toBe("=".repeat(28));
    const blank = renderPictures([{ title: "none", values: new Float32Array(784), signed: true }], {
      colour: false,
      columns: 80,
    });
    expect(blank[1]).toBe("");
  });
});
