import { FileError, messageOf } from "./file-error.ts";

/** Why the system did not let a file be read or written, as an error that names the file. */
export function fileFailure(path: string, deed: "read" | "written", error: unknown): FileError {
  return new FileError(path, reasonOf(path, deed, error), { cause: error });
}

function reasonOf(path: string, deed: "read" | "written", error: unknown): string {
  if (path.includes("\0")) return "no such file: no name has a NUL character in it";
  if (path === "") return "no such file: the name is empty";
  const missing = deed === "read" ? "no such file" : "cannot be written: there is no such directory";
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return missing;
    case "ENOTDIR":
      return `${missing}: a part of the path is not a directory`;
    case "ENAMETOOLONG":
      return `${missing}: the name is too long`;
    case "ELOOP":
      return `${missing}: its links go round in circles`;
    case "EACCES":
    case "EPERM":
      return `may not be ${deed} (permission denied)`;
    case "EROFS":
      return "cannot be written: the file system is read-only";
    case "EEXIST":
      return "is there already and is no directory";
    case "EISDIR":
      return "is a directory; a file is wanted";
    case "ENXIO":
      return "is a socket or a device without a driver; a regular file is wanted";
    case "ENOSPC":
    case "EDQUOT":
      return "cannot be written: no space is left";
    case "EFBIG":
      return "cannot be written: it would be larger than files may be";
    default:
      return `cannot be ${deed}: ${messageOf(error)}`;
  }
}
