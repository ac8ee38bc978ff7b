import { crc32 } from "../../src/weights/crc32.ts";
import type { Assumptions } from "../../src/weights/model.ts";

const HEADER_LENGTH_BYTES = 8;

/**
 * A weights file whose loss assumes something else: the same decoders, prototypes, tables and confidence, all of which were
 * fitted under the old loss.
 *
 * @param file in the package's own format (docs/weights-format.md)
 * @param assumptions in place of the file's; what is left out, the loss does without
 */
export function withAssumptions(file: Uint8Array, assumptions: Assumptions): Uint8Array {
  const bytes = Buffer.from(file);
  const end = HEADER_LENGTH_BYTES + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", HEADER_LENGTH_BYTES, end));
  const metadata: Record<string, string> = header.__metadata__;
  const { beta, sphere_radius } = JSON.parse(metadata["inference"] as string);
  metadata["inference"] = JSON.stringify({ beta, sphere_radius, ...assumptions });
  metadata["format_version"] = "3";
  delete metadata["metadata_crc32"];
  const entries = Object.keys(metadata).sort();
  metadata["metadata_crc32"] = crc32(Buffer.from(entries.map((key) => `${key}\0${metadata[key]}\0`).join("")));
  const text = Buffer.from(JSON.stringify(header));
  // Tensors begin at a multiple of 8.
  const padding = (HEADER_LENGTH_BYTES - (text.length % HEADER_LENGTH_BYTES)) % HEADER_LENGTH_BYTES;
  const length = Buffer.alloc(HEADER_LENGTH_BYTES);
  length.writeBigUInt64LE(BigInt(text.length + padding));
  return Buffer.concat([length, text, Buffer.alloc(padding, " "), bytes.subarray(end)]);
}
