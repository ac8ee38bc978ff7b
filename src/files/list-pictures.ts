import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "./file-error.ts";
import { fileFailure } from "./file-failure.ts";
import { recogniseImage } from "./read-image-file.ts";
import { unreadFormat } from "./unread-formats.ts";

/** Enough to tell every kind by. */
const HEAD_BYTES = 32;
/** What pictures are called, so that one that is damaged is reported and not passed over. */
const PICTURE_NAME = /\.(png|jpe?g|jfif|webp|gif|bmp|dib|p[bgpn]m|avif|hei[cf]|tiff?|jxl|jp2)$/i;

/**
 * The pictures in a folder, by the order of their names' UTF-16 code units: files that begin as a picture does or are called
 * like one. Passed over are other files, idx files among them, those whose names begin with a dot, and folders in it.
 *
 * @returns their paths; undefined where `path` is no folder, or nothing
 * @throws {FileError} when the folder cannot be read, or has no picture
 */
export async function listPictures(path: string): Promise<readonly string[] | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (!status?.isDirectory()) return undefined;
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw fileFailure(path, "read", error);
  }
  const pictures: string[] = [];
  for (const name of names.sort()) {
    const file = join(path, name);
    if (!name.startsWith(".") && (await isPicture(file))) pictures.push(file);
  }
  if (pictures.length === 0) throw new FileError(path, `is a folder without pictures; it has ${names.length} entries`);
  return pictures;
}

async function isPicture(file: string): Promise<boolean> {
  const status = await stat(file).catch(() => undefined);
  // What is no regular file must not even be opened; a link that leads nowhere is none either.
  if (status !== undefined && !status.isFile()) return false;
  if (PICTURE_NAME.test(file)) return true;
  const head = await headOf(file);
  const format = recogniseImage(head);
  return (format !== undefined && format !== "idx") || unreadFormat(head) !== undefined;
}

/** The first bytes of a file; none where it cannot be read. */
async function headOf(file: string): Promise<Uint8Array> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const { buffer, bytesRead } = await handle.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    return new Uint8Array(0);
  } finally {
    await handle?.close();
  }
}
