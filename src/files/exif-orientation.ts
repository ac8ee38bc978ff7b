/** How a stored picture must be turned to stand upright, 1 to 8 as Exif numbers it; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT_TYPE = 3;

/** Reads the orientation from an Exif block (a TIFF header and its first directory); 1 where it says nothing sensible. */
export function readOrientation(exif: Uint8Array): Orientation {
  if (exif.length < 14) return 1;
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const byteOrder = view.getUint16(0);
  if (byteOrder !== 0x4949 && byteOrder !== 0x4d4d) return 1;
  const littleEndian = byteOrder === 0x4949;
  const directory = view.getUint32(4, littleEndian);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, littleEndian);
  for (let entry = 0; entry < entries; ++entry) {
    const offset = directory + 2 + entry * 12;
    if (offset + 12 > exif.length) return 1;
    if (view.getUint16(offset, littleEndian) !== ORIENTATION_TAG) continue;
    if (view.getUint16(offset + 2, littleEndian) !== SHORT_TYPE) return 1;
    const value = view.getUint16(offset + 8, littleEndian);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}
