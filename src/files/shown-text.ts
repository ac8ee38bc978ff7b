/** What a terminal acts upon instead of showing it, or shows in another order, and halves of characters. */
const NOT_SHOWN = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const LONGEST = 200;

/** Text from outside as it may be printed: control characters become their numbers, such as `\u001b`. */
export function printable(text: string): string {
  return text.replace(NOT_SHOWN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** As `shownText`, in quotation marks. */
export function quoted(text: string): string {
  return `"${shownText(text)}"`;
}

/** Text from outside as a message quotes it: printable, and without its middle where it is longer than `longest` characters. */
export function shownText(text: string, longest = LONGEST): string {
  if (text.length <= longest) return printable(text);
  const head = Math.ceil((2 * longest) / 3);
  return `${printable(text.slice(0, head))}…${printable(text.slice(head - longest))}`;
}
