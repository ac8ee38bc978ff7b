import type { Written, WrittenBox } from "./written.ts";

/** Something read, of whichever reader. */
export interface Found {
  readonly label: number;
  readonly box: WrittenBox;
}

/** Boxes that share this much of what they cover together are of one digit. */
const LEAST_OVERLAP = 0.5;

/** Counts how well pictures are read whose truth is known. */
export class ReadingTally {
  pictures = 0;
  /** Pictures of which all lines are right. */
  right = 0;
  digits = 0;
  /** Digits that are found in their place, under their name. */
  digitsRight = 0;
  /** All that was taken for a digit. */
  found = 0;
  junk = 0;
  /** Junk of which something was taken for a digit. */
  junkTaken = 0;

  /** @param lines what was read, in lines from above and digits from the left */
  add({ lines, junk }: Written, read: readonly (readonly Found[])[]): void {
    const truth = lines.flat();
    const found = read.flat();
    const textOf = (one: readonly (readonly { readonly label: number }[])[]): string =>
      one.map((line) => line.map(({ label }) => label).join(" ")).join("\n");
    ++this.pictures;
    if (textOf(lines) === textOf(read)) ++this.right;
    this.digits += truth.length;
    this.found += found.length;
    this.junk += junk.length;
    const left = new Set(found);
    for (const { label, box } of truth) {
      const match = [...left].find((one) => one.label === label && overlap(one.box, box) >= LEAST_OVERLAP);
      if (match === undefined) continue;
      left.delete(match);
      ++this.digitsRight;
    }
    this.junkTaken += junk.filter((box) => [...left].some((one) => holdsMiddle(box, one.box))).length;
  }

  /** Digits found right, of all that were written. */
  get recall(): number {
    return this.digitsRight / this.digits;
  }

  /** Digits found right, of all that was taken for digits. */
  get precision(): number {
    return this.found === 0 ? 1 : this.digitsRight / this.found;
  }
}

/** What two boxes share, of what they cover together. */
export function overlap(one: WrittenBox, other: WrittenBox): number {
  const across = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const down = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  if (across <= 0 || down <= 0) return 0;
  return (across * down) / (one.width * one.height + other.width * other.height - across * down);
}

function holdsMiddle(outer: WrittenBox, { left, top, width, height }: WrittenBox): boolean {
  const [x, y] = [left + width / 2, top + height / 2];
  return x >= outer.left && x <= outer.left + outer.width && y >= outer.top && y <= outer.top + outer.height;
}
