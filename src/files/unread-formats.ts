import { latin1 } from "./bytes.ts";

/** Kinds of picture that are known and not read, so that messages can name them: what they begin with, and where. */
const UNREAD: readonly { readonly name: string; readonly at: number; readonly begins: readonly string[] }[] = [
  { name: "an AVIF picture", at: 4, begins: ["ftypavif", "ftypavis"] },
  {
    name: "a HEIC picture",
    at: 4,
    begins: ["ftypheic", "ftypheix", "ftyphevc", "ftyphevx", "ftypheim", "ftypheis", "ftypmif1", "ftypmsf1"],
  },
  { name: "a TIFF picture", at: 0, begins: ["II*\0", "MM\0*", "II+\0", "MM\0+"] },
  { name: "a JPEG XL picture", at: 0, begins: ["\xff\x0a", "\0\0\0\x0cJXL "] },
  { name: "a JPEG 2000 picture", at: 0, begins: ["\0\0\0\x0cjP  ", "\xff\x4f\xff\x51"] },
  { name: "an icon", at: 0, begins: ["\0\0\x01\0", "\0\0\x02\0"] },
  { name: "a PDF document", at: 0, begins: ["%PDF-"] },
  { name: "an SVG drawing", at: 0, begins: ["<svg", "<?xml"] },
  { name: "a Photoshop picture", at: 0, begins: ["8BPS"] },
];

/** Says of a picture of another kind what it is, for a message; undefined where it is none that is known. */
export function unreadFormat(bytes: Uint8Array): string | undefined {
  const found = UNREAD.find(({ at, begins }) => begins.some((text) => latin1(bytes, at, text.length) === text));
  return found && `is ${found.name}, which is not read`;
}
