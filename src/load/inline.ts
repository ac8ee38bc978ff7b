/** The module, compressed by gzip and written as base64, which the build puts before this code. */
declare const PACKED_MODULE: string;

/** The module's bytes, from the text in this very file. */
export async function packagedModule(): Promise<ArrayBuffer> {
  const text = atob(PACKED_MODULE);
  const packed = new Uint8Array(text.length);
  // A plain loop: one callback per character took most of the cold start.
  for (let at = 0; at < text.length; ++at) packed[at] = text.charCodeAt(at);
  const bytes = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(bytes).arrayBuffer();
}
