// Unpacks what gzip packed (RFC 1951 and 1952) where the host cannot: DecompressionStream is younger than SIMD in some browsers,
// and is not there in the realms that jest makes of jsdom.

const LENGTH_BASES = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
/** The order in which a block writes the lengths of the codes for its lengths. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LONGEST_CODE = 15;
const DISTANCES = 30;
const FIXED_HEADER = 10;
const TRAILER = 8;

/** By the next bits of the stream, lowest first: the symbol times 16, plus the bits that its code has. */
interface Table {
  bits: number;
  entries: Uint16Array;
}

/**
 * The bytes in a gzip file of one member without extra fields, as the build makes it. It comes from this package, so nothing is
 * checked but its size.
 *
 * @throws {Error} when the file does not give as many bytes as it says
 */
export function gunzip(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(packed.length - 4, true);
  const bytes = new Uint8Array(size);
  let at = FIXED_HEADER;
  let held = 0;
  let count = 0;
  let written = 0;

  const fill = (bits: number): void => {
    while (count < bits) {
      held |= (packed[at++] as number) << count;
      count += 8;
    }
  };
  const take = (bits: number): number => {
    fill(bits);
    const value = held & ((1 << bits) - 1);
    held >>>= bits;
    count -= bits;
    return value;
  };
  const symbol = ({ bits, entries }: Table): number => {
    fill(bits);
    const entry = entries[held & ((1 << bits) - 1)] as number;
    held >>>= entry & 15;
    count -= entry & 15;
    return entry >> 4;
  };

  for (let isLast = false; !isLast; ) {
    isLast = take(1) === 1;
    const kind = take(2);
    if (kind === 0) {
      // Bytes as they are, from the next whole byte on: those that are held go back.
      at -= count >> 3;
      held = 0;
      count = 0;
      const length = (packed[at] as number) | ((packed[at + 1] as number) << 8);
      bytes.set(packed.subarray(at + 4, at + 4 + length), written);
      at += 4 + length;
      written += length;
      continue;
    }
    const { literals, distances } = kind === 1 ? fixedTables() : dynamicTables(take, symbol);
    for (let found = symbol(literals); found !== 256; found = symbol(literals)) {
      if (found < 256) {
        bytes[written++] = found;
        continue;
      }
      const length = (LENGTH_BASES[found - 257] as number) + take(LENGTH_BITS[found - 257] as number);
      const code = symbol(distances);
      const extra = code < 4 ? 0 : (code >> 1) - 1;
      const distance = code < 4 ? code + 1 : ((2 + (code & 1)) << extra) + 1 + take(extra);
      // Byte by byte: what is copied may overlap what it makes.
      for (const end = written + length; written < end; ++written) bytes[written] = bytes[written - distance] as number;
    }
  }
  if (written !== size || at - (count >> 3) !== packed.length - TRAILER) {
    throw new Error(`the packed module gives ${written} bytes, wanted ${size}`);
  }
  return bytes;
}

function fixedTables(): { literals: Table; distances: Table } {
  const lengths = Array.from({ length: 288 }, (_, place) => (place < 144 ? 8 : place < 256 ? 9 : place < 280 ? 7 : 8));
  return { literals: table(lengths), distances: table(Array<number>(DISTANCES).fill(5)) };
}

function dynamicTables(
  take: (bits: number) => number,
  symbol: (codes: Table) => number,
): { literals: Table; distances: Table } {
  const literals = take(5) + 257;
  const distances = take(5) + 1;
  const used = take(4) + 4;
  const own = Array<number>(ORDER.length).fill(0);
  for (const place of ORDER.slice(0, used)) own[place] = take(3);
  const codes = table(own);
  const lengths: number[] = [];
  while (lengths.length < literals + distances) {
    const found = symbol(codes);
    if (found < 16) lengths.push(found);
    else if (found === 16) repeat(lengths, lengths.at(-1) as number, 3 + take(2));
    else repeat(lengths, 0, found === 17 ? 3 + take(3) : 11 + take(7));
  }
  return { literals: table(lengths.slice(0, literals)), distances: table(lengths.slice(literals)) };
}

function repeat(lengths: number[], length: number, times: number): void {
  for (let time = 0; time < times; ++time) lengths.push(length);
}

/** The canonical code with these lengths: shorter codes first, equally long ones in the symbols' order. */
function table(lengths: readonly number[]): Table {
  const bits = Math.max(1, ...lengths);
  const entries = new Uint16Array(1 << bits);
  let code = 0;
  for (let length = 1; length <= LONGEST_CODE; ++length, code <<= 1) {
    for (const [place, own] of lengths.entries()) {
      if (own !== length) continue;
      let reversed = 0;
      for (let bit = 0; bit < length; ++bit) reversed |= ((code >> bit) & 1) << (length - 1 - bit);
      for (let entry = reversed; entry < entries.length; entry += 1 << length) entries[entry] = (place << 4) | length;
      code += 1;
    }
  }
  return { bits, entries };
}
