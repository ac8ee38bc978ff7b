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
