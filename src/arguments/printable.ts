// Text from outside as it may be printed or stand in a message: without characters that a terminal or a log acts upon.

/** What a terminal acts upon in place of showing it, or shows in another order, and halves of characters. */
const NOT_PRINTED = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** In messages also what is invisible: there a reader has to see what came. */
const NOT_QUOTED = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A text with its control characters as their numbers, such as `\u001b`, which JSON reads as well. */
export function printable(text: string): string {
  return text.replace(NOT_PRINTED, escaped);
}

/** The same for messages, where invisible characters become numbers too. */
export function visible(text: string): string {
  return text.replace(NOT_QUOTED, escaped);
}

/**
 * A text without quotes for a message, such as a path, an address or the reason that another gave: on one line, and without
 * its middle where it is longer than `longest` characters, since the end of a path says most. With numbers in place of
 * characters it may be up to twice as long.
 */
export function shownText(text: string, longest = 200): string {
  const head = Math.ceil((2 * longest) / 3);
  const short = text.length <= longest ? text : `${text.slice(0, head)}…${text.slice(head - longest)}`;
  const shown = visible(short);
  return shown.length <= 2 * longest ? shown : `${shown.slice(0, 2 * longest)}…`;
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, "0")}`,
  ).join("");
}
