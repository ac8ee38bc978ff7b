import { unpacked } from "./unpack.ts";

/** The packed module as text, which the build puts before this code. */
declare const PACKED_MODULE: string;

/** The module's bytes, from the text in this very file. */
export async function packagedModule(): Promise<BufferSource> {
  return await unpacked(PACKED_MODULE);
}
