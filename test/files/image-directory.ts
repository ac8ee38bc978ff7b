import { afterAll, beforeAll, expect } from "vitest";
import { readImageFile } from "../../src/files/read-image-file.ts";
import { temporaryDirectory } from "./handmade-files.ts";

/** A temporary directory for the tests of a file: writes bytes there and reads them back as an image file. */
export function imageDirectory() {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  beforeAll(async () => {
    directory = await temporaryDirectory();
  });
  afterAll(() => directory.remove());

  const write = (name: string, bytes: Uint8Array | string): Promise<string> => directory.write(name, bytes);

  async function read(name: string, bytes: Uint8Array | string): ReturnType<typeof readImageFile> {
    return readImageFile(await write(name, bytes));
  }

  async function readOne(name: string, bytes: Uint8Array | string) {
    const { frames } = await read(name, bytes);
    expect(frames).toHaveLength(1);
    const frame = frames.at(0);
    if (frame === undefined) throw new Error("no frame");
    return { ...frame, data: Array.from(frame.data) };
  }

  return {
    /** Its path, once the tests run. */
    get path(): string {
      return directory.path;
    },
    write,
    read,
    readOne,
  };
}
