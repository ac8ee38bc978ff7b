// CRC-32 as in PNG, zip and zlib (polynomial 0xEDB88320, reflected). Browsers and workers offer none.

const TABLE_SIZE = 256;
const POLYNOMIAL = 0xedb88320;

let table: Uint32Array | undefined;

function crcTable(): Uint32Array {
  if (table === undefined) {
    table = new Uint32Array(TABLE_SIZE);
    for (let byte = 0; byte < TABLE_SIZE; ++byte) {
      let value = byte;
      for (let bit = 0; bit < 8; ++bit) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
      table[byte] = value;
    }
  }
  return table;
}

/** CRC-32 of `bytes`, as 8 lower-case hexadecimal digits. */
export function crc32(bytes: Uint8Array): string {
  const entries = crcTable();
  let value = 0xffffffff;
  for (const byte of bytes) value = (entries[(value ^ byte) & 0xff] as number) ^ (value >>> 8);
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}
