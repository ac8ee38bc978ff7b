import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBoundedFile } from "../../src/files/read-bounded-file.ts";
import { readIdxFile, readImageFile } from "../../src/files/read-image-file.ts";
import { idxBytes } from "./handmade-files.ts";
import { imageDirectory } from "./image-directory.ts";

const directory = imageDirectory();
const { read } = directory;

describe("any file", () => {
  it("is refused at once when it is a pipe or a socket", async () => {
    const pipe = join(directory.path, "pipe");
    execFileSync("mkfifo", [pipe]);
    await expect(readImageFile(pipe)).rejects.toThrow("pipe: is a pipe; a regular file is wanted");
    const path = join(directory.path, "socket");
    const server = createServer().listen(path);
    await once(server, "listening");
    await expect(readImageFile(path)).rejects.toThrow("socket: is a socket; a regular file is wanted");
    server.close();
  });

  it("is refused beyond the bytes that are wanted", async () => {
    const path = await directory.write("twelve", new Uint8Array(12));
    expect(await readBoundedFile(path, 12)).toHaveLength(12);
    await expect(readBoundedFile(path, 11)).rejects.toThrow("has 12 bytes, which is more than the 11 that are read");
  });

  it("is refused when it is none of the known kinds, with its first bytes", async () => {
    await expect(read("notes.png", "just some text")).rejects.toThrow(
      /notes\.png: begins with 6a 75 73 74 20 73 6f 6d, which is no PNG, JPEG, WebP, GIF, BMP, PBM, PGM, PPM, idx/,
    );
    await expect(read("one.byte", "x")).rejects.toThrow(/begins with 78, which is no PNG/);
  });

  it.each([
    ["an AVIF picture", "\0\0\0 ftypavif\0\0\0\0"],
    ["a HEIC picture", "\0\0\0 ftypheic\0\0\0\0"],
    ["a HEIC picture", "\0\0\0 ftypmif1\0\0\0\0"],
    ["a TIFF picture", "II*\0abcdefgh"],
    ["a TIFF picture", "MM\0*abcdefgh"],
    ["a JPEG XL picture", "\0\0\0\x0cJXL \r\n"],
    ["a PDF document", "%PDF-1.7"],
    ["an SVG drawing", "<svg>"],
  ])("is named when it is %s, which is not read", async (name, text) => {
    await expect(read("photo.jpg", Buffer.from(text, "latin1"))).rejects.toThrow(
      `photo.jpg: is ${name}, which is not read; wanted is a PNG, JPEG, WebP, GIF, BMP, PBM, PGM, PPM, idx`,
    );
  });

  it("is told apart: one that cannot be read, and one that holds no image", async () => {
    const kindOf = (reading: Promise<unknown>): Promise<string> => reading.then(String, (error: Error) => error.name);
    const array = await directory.write("three.idx", idxBytes([3], new Uint8Array(3)));
    expect(await kindOf(read("notes.png", "just some text"))).toBe("ImageFileError");
    expect(await kindOf(readImageFile(array))).toBe("ImageFileError");
    expect(await kindOf(readIdxFile(array, 3))).toBe("FileError");
    expect(await kindOf(read("empty.png", ""))).toBe("FileError");
    expect(await kindOf(readImageFile(join(directory.path, "nowhere.png")))).toBe("FileError");
  });

  it("is refused when empty, missing or a directory", async () => {
    await expect(read("empty.png", "")).rejects.toThrow(/empty\.png: is empty \(0 bytes\)/);
    await expect(readImageFile(join(directory.path, "nowhere.png"))).rejects.toThrow(/nowhere\.png: no such file/);
    await expect(readImageFile(directory.path)).rejects.toThrow("is a directory; a file is wanted");
    await expect(readImageFile("")).rejects.toThrow("no such file: the name is empty");
    await expect(readImageFile("a\0b")).rejects.toThrow("a\\u0000b: no such file: no name has a NUL character in it");
    await expect(readImageFile("x".repeat(5000))).rejects.toThrow(/^x{134}…x{66}: no such file: the name is too long$/);
    await expect(readImageFile("/dev/null")).rejects.toThrow("/dev/null: is a device; a regular file is wanted");
  });
});
