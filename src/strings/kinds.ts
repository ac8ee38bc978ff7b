import { Random, seedOf } from "../random.ts";
import { SURFACES, type Surface } from "./sheet.ts";
import { type LabelledGlyph, SPACINGS, type Spacing, type Written, writeSheet, writeString } from "./written.ts";

/** One kind of picture: a row of the tables. */
export interface WrittenKind {
  readonly name: string;
  /** Pictures of it for each one asked for: sheets hold as much as many strings. */
  readonly share: number;
  /** @param pick takes digits at random */
  readonly write: (pick: (count: number) => LabelledGlyph[], random: Random) => Written;
}

const SHEET_DIGITS = 100;
const SHEET_JUNK = 10;

const strings = (spacing: Spacing, surface: Surface): WrittenKind => ({
  name: `5 ${spacing}, ${surface}`,
  share: 1,
  write: (pick, random) => writeString(pick(5), spacing, surface, random),
});

/** A surface at random. */
export const anySurface = (random: Random): Surface => SURFACES[random.below(SURFACES.length)] as Surface;

/** Kinds of pictures, by what stands in them and on what. */
export const WRITTEN_KINDS: readonly WrittenKind[] = [
  ...SPACINGS.flatMap((spacing) => SURFACES.map((surface) => strings(spacing, surface))),
  {
    name: "1 to 8, any spacing and surface",
    share: 1,
    write: (pick, random) => {
      const spacing = SPACINGS[random.below(SPACINGS.length)] as Spacing;
      return writeString(pick(1 + random.below(8)), spacing, anySurface(random), random);
    },
  },
  sheets("sheet of 100 and 10 pieces of junk", false),
  sheets("sheet of 100 and 10 of unseen kinds", true),
];

function sheets(name: string, heldOut: boolean): WrittenKind {
  return {
    name,
    share: 0.05,
    write: (pick, random) => writeSheet(pick(SHEET_DIGITS), SHEET_JUNK, anySurface(random), random, { heldOut }),
  };
}

/**
 * Writes pictures of a kind, one after the other; equal seeds write equal ones, alone and among other kinds.
 *
 * @param count how many strings; of sheets, which hold more, there are a twentieth, rounded up
 * @param glyphOf the digit of an index from 0 below `digits`
 */
export function* writtenPictures(
  { name, share, write }: WrittenKind,
  count: number,
  digits: number,
  glyphOf: (index: number) => LabelledGlyph,
  seed: number,
): Generator<Written> {
  const random = new Random(seedOf(seed, name));
  const pick = (wanted: number): LabelledGlyph[] => Array.from({ length: wanted }, () => glyphOf(random.below(digits)));
  for (let picture = 0; picture < Math.ceil(share * count); ++picture) yield write(pick, random);
}
