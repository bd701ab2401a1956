import { posix } from "node:path";

/** Folder of a relative path; "" is the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

/* An empty part, `.` or `..`, or a slash at the end. */
const unusual = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * A path written in a file of `folder`, relative to the root; undefined when it is absolute or leaves the root.
 */
export function resolveInside(folder: string, written: string): string | undefined {
  if (written === "" || written.startsWith("/") || written.startsWith("~")) return undefined;
  // Most names need no normalising, and there are very many of them.
  if (!unusual.test(written)) return folder === "" ? written : `${folder}/${written}`;
  const path = posix.normalize(posix.join(folder === "" ? "." : folder, written));
  if (path === ".." || path.startsWith("../")) return undefined;
  return path === "." ? "" : path.replace(/\/$/, "");
}

/** File name without folder and `.yml`. */
export function stemOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.ya?ml$/, "");
}
