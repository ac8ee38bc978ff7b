/** A table as Markdown; one line per row. */
export interface Table {
  /** Names the table; a part may print several. */
  name: string;
  caption: string;
  header: readonly string[];
  rows: readonly (readonly string[])[];
}

/** The caption and the table. */
export function printTable({ caption, header, rows }: Table): string {
  return `${caption}\n\n${tableLines(header, rows)}`;
}

/** @throws {RangeError} when a row is not as long as the header */
export function tableLines(header: readonly string[], rows: Table["rows"]): string {
  const wrong = rows.find((row) => row.length !== header.length);
  if (wrong !== undefined) throw new RangeError(`a row has ${wrong.length} cells, the header has ${header.length}`);
  return [header, header.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Three significant digits, and all before the decimal point: 0.0123, 4.56, 78.9, 12,346. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.min(20, Math.max(0, 2 - magnitude));
  return value.toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** Median and quartiles in one cell. */
export function spreadCell({ median, low, high }: { median: number; low: number; high: number }): string {
  return `${digits(median)} (${digits(low)}–${digits(high)})`;
}

/**
 * Puts a table between the lines `<!-- NAME -->` and `<!-- /NAME -->` of a Markdown text.
 *
 * @throws {Error} when the text has no such lines
 */
export function replaceTable(text: string, { name, header, rows }: Table): string {
  return replaceMarked(text, name, `\n${tableLines(header, rows)}\n`);
}

/**
 * Puts words between the marks `<!-- NAME -->` and `<!-- /NAME -->` of a Markdown text.
 *
 * @throws {Error} when the text has no such marks
 */
export function replaceMarked(text: string, name: string, words: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) throw new Error(`there is no place between ${open} and ${close}`);
  return `${text.slice(0, start + open.length)}${words}${text.slice(end)}`;
}

/** What a Markdown text holds between a table's marks. */
function readTable(text: string, name: string): Pick<Table, "header" | "rows"> {
  const [, between] = new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- /${name} -->`).exec(text) ?? [];
  const [header, , ...rows] = (between ?? "").split("\n").map((line) => line.slice(2, -2).split(" | "));
  if (header === undefined || rows.length === 0) throw new Error(`there is no table between the marks of ${name}`);
  return { header, rows };
}

/**
 * Puts a table's rows, or its columns but the first, in place of those of the same names in a Markdown text, and adds those that
 * are new; all others stay as they are.
 *
 * @throws {Error} when the text has no such table, or for rows one of other columns
 */
export function mergeTable(text: string, table: Table, along: "rows" | "columns"): string {
  const old = readTable(text, table.name);
  if (along === "rows" && old.header.join() !== table.header.join()) {
    throw new Error(`${table.name}: the text's table has other columns`);
  }
  const cell = (from: Pick<Table, "header" | "rows">, row: string, column: string): string =>
    from.rows.find(([name]) => name === row)?.[from.header.indexOf(column)] ?? "–";
  const isNew = (row: string, column: string): boolean =>
    along === "rows" ? table.rows.some(([name]) => name === row) : table.header.indexOf(column) > 0;
  const [first = "", ...columns] = withThose(old.header, table.header);
  const names = withThose(old.rows.map(nameOf), table.rows.map(nameOf));
  const rows = names.map((row) => [
    row,
    ...columns.map((column) => cell(isNew(row, column) ? table : old, row, column)),
  ]);
  return replaceTable(text, { ...table, header: [first, ...columns], rows });
}

function nameOf(row: readonly string[]): string {
  return row[0] ?? "";
}

/** Names, and those of others that they lack: each after the one that it follows there, or last where it is the first there. */
function withThose(names: readonly string[], others: readonly string[]): string[] {
  const all = [...names];
  others.forEach((name, index) => {
    if (!all.includes(name)) all.splice(index === 0 ? all.length : all.indexOf(others[index - 1] ?? "") + 1, 0, name);
  });
  return all;
}
