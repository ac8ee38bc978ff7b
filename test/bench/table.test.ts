import { describe, expect, it } from "vitest";
import {
  digits,
  mergeTable,
  printTable,
  replaceMarked,
  replaceTable,
  spreadCell,
  tableLines,
} from "../../bench/measure/table.ts";

const table = { name: "times", caption: "Times:", header: ["what", "µs"], rows: [["one", "1.00"]] };

describe("tables", () => {
  it("are printed as Markdown", () => {
    expect(printTable(table)).toBe("Times:\n\n| what | µs |\n| --- | --- |\n| one | 1.00 |");
  });

  it("refuse rows of another length", () => {
    expect(() => tableLines(["what", "µs"], [["one"]])).toThrow("a row has 1 cells, the header has 2");
  });

  it("replace what stands between their marks, and nothing else", () => {
    const text = "before\n<!-- times -->\n| old |\n<!-- /times -->\nafter\n";
    const expected = "before\n<!-- times -->\n| what | µs |\n| --- | --- |\n| one | 1.00 |\n<!-- /times -->\nafter\n";
    expect(replaceTable(text, table)).toBe(expected);
    expect(replaceTable(expected, table)).toBe(expected);
  });

  it("leave room for single figures", () => {
    const text = "takes <!-- time -->1<!-- /time --> µs";
    expect(replaceMarked(text, "time", "2")).toBe("takes <!-- time -->2<!-- /time --> µs");
  });

  it("say so when there is no place for them", () => {
    expect(() => replaceTable("nothing here", table)).toThrow("<!-- times -->");
  });
});

describe("a table that is merged into a text", () => {
  const marked = (lines: string): string => `before\n<!-- times -->\n${lines}\n<!-- /times -->\nafter\n`;
  const text = marked("| what | µs | MB |\n| --- | --- | --- |\n| one | 9 | 8 |\n| two | 7 | 6 |");

  it("takes the place of rows of the same name, and adds new ones where they follow", () => {
    const rows = [
      ["one", "1", "2"],
      ["half", "3", "4"],
    ];
    expect(mergeTable(text, { ...table, header: ["what", "µs", "MB"], rows }, "rows")).toBe(
      marked("| what | µs | MB |\n| --- | --- | --- |\n| one | 1 | 2 |\n| half | 3 | 4 |\n| two | 7 | 6 |"),
    );
  });

  it("adds a row last that follows none", () => {
    const rows = [["three", "1", "2"]];
    expect(mergeTable(text, { ...table, header: ["what", "µs", "MB"], rows }, "rows")).toBe(
      text.replace("| two | 7 | 6 |", "| two | 7 | 6 |\n| three | 1 | 2 |"),
    );
  });

  it("keeps cells that are empty", () => {
    const rows = [["two", ""]];
    const merged = mergeTable(text, { ...table, header: ["what", "MB"], rows }, "columns");
    expect(merged).toBe(marked("| what | µs | MB |\n| --- | --- | --- |\n| one | 9 | – |\n| two | 7 |  |"));
    expect(mergeTable(merged, { ...table, header: ["what", "µs"], rows: [["two", "3"]] }, "columns")).toBe(
      marked("| what | µs | MB |\n| --- | --- | --- |\n| one | – | – |\n| two | 3 |  |"),
    );
  });

  it("takes the place of whole columns, and leaves the others", () => {
    const rows = [
      ["one", "–", "–"],
      ["none", "0", "0"],
      ["two", "5", "4"],
    ];
    expect(mergeTable(text, { ...table, header: ["what", "MB", "kg"], rows }, "columns")).toBe(
      marked(
        "| what | µs | MB | kg |\n| --- | --- | --- | --- |\n| one | 9 | – | – |\n| none | – | 0 | 0 |\n| two | 7 | 5 | 4 |",
      ),
    );
  });

  it("is refused where there is none, and as rows of other columns", () => {
    expect(() => mergeTable("nothing here", table, "rows")).toThrow("no table between the marks of times");
    expect(() => mergeTable(text, table, "rows")).toThrow("times: the text's table has other columns");
  });
});

describe("digits", () => {
  it("shows three, and all before the point", () => {
    expect([0.01234, 0.5, 4.564, 78.94, 123.4, 12_345.6, 0].map(digits)).toEqual([
      "0.0123",
      "0.500",
      "4.56",
      "78.9",
      "123",
      "12,346",
      "0.00",
    ]);
  });

  it("shows what is no number as such", () => {
    expect(digits(Number.NaN)).toBe("NaN");
  });
});

describe("spreadCell", () => {
  it("puts the quartiles after the median", () => {
    expect(spreadCell({ median: 10, low: 9, high: 12.25 })).toBe("10.0 (9.00–12.3)");
  });
});
