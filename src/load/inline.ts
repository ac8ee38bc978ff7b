/** The module, compressed by gzip and written as base64, which the build puts before this code. */
declare const PACKED_MODULE: string;

/** The module's bytes, from the text in this very file. */
export async function packagedModule(): Promise<ArrayBuffer> {
  const packed = Uint8Array.from(atob(PACKED_MODULE), (character) => character.charCodeAt(0));
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(bytes).arrayBuffer();
}
