import { shownText, visible } from "./printable.ts";
import { typedArrayName } from "./typed-arrays.ts";

// How messages show what came: on one line, shortened, and without characters that a terminal or a log would act upon.

/** Characters of a text or number that are shown. */
const MOST_CHARACTERS = 60;
/** Items of a list that are shown, and characters of each. */
const MOST_ITEMS = 5;
const MOST_OF_ITEM = 16;
const IDENTIFIER = /^[A-Za-z_$][\w$]{0,39}$/;
const TYPED_ARRAY = /^(Uint8Clamped|(Ui|I)nt(8|16|32)|Big(Ui|I)nt64|Float(16|32|64))Array$/;

/**
 * A value as a message shows it: texts in quotes, numbers and short lists as they are, everything else by its kind. At most
 * some 150 characters, whatever the value is, and it never throws.
 */
export function shown(value: unknown): string {
  return short(value, MOST_CHARACTERS);
}

/** What a value is, with an article where it is no class: `a string`, `null`, `Int16Array`. It never throws. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "bigint") return "a BigInt";
  if (typeof value !== "object") return `a ${typeof value}`;
  try {
    const name = typedArrayName(value) ?? (Array.isArray(value) ? "Array" : value.constructor?.name);
    if (typeof name !== "string" || !IDENTIFIER.test(name) || name === "Object") return "an object";
    return TYPED_ARRAY.test(name) && typedArrayName(value) === undefined ? `an object that imitates ${name}` : name;
  } catch {
    // A Proxy or a getter that throws.
    return "an object";
  }
}

function short(value: unknown, most: number): string {
  switch (typeof value) {
    case "string":
      return quoted(value, most);
    case "number":
    case "boolean":
      return String(value);
    case "symbol":
      return shownText(String(value), most);
    case "bigint":
      // Writing out a long one takes long.
      return BigInt.asIntN(64, value) === value ? `${value}n` : "a BigInt beyond 64 bits";
    default:
      return listed(value) ?? kindOf(value);
  }
}

function quoted(text: string, most: number): string {
  const printable = visible(text.slice(0, most).replace(/["\\]/g, "\\$&"));
  if (text.length <= most && printable.length <= 2 * most) return `"${printable}"`;
  return `"${printable.slice(0, most)}…" (${text.length} characters)`;
}

/** The first items of a list; undefined for what is none, or cannot be read. */
function listed(value: unknown): string | undefined {
  try {
    if (!Array.isArray(value) || typeof value.length !== "number") return undefined;
    const items = value
      .slice(0, MOST_ITEMS)
      .map((item: unknown) => (typeof item === "object" && item !== null ? kindOf(item) : short(item, MOST_OF_ITEM)));
    return value.length > MOST_ITEMS ? `[${items.join(", ")}, …] (${value.length} items)` : `[${items.join(", ")}]`;
  } catch {
    return undefined;
  }
}
