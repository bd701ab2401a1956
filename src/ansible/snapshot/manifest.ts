import { hash } from "node:crypto";
import type { SnapshotFile } from "../../contracts/plan.ts";

/*
 * The canonical list: one line of JSON for each file, sorted by path (UTF-16 code units), `["path","x" or "-","sha256",size]`.
 * Its SHA-256 is the digest of the snapshot; it is kept beside the tree, so a list proves itself.
 */

/** The canonical list as text. */
export function writeManifest(files: readonly SnapshotFile[]): string {
  return [...files]
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
    .map((file) => `${JSON.stringify([file.path, file.executable ? "x" : "-", file.sha256, file.size])}\n`)
    .join("");
}

/** Digest of a list of files, in whatever order they come. */
export function digestOfFiles(files: readonly SnapshotFile[]): string {
  return hash("sha256", writeManifest(files));
}

/** Reads a canonical list; undefined when it is not the one that `digest` names. */
export function readManifest(text: string, digest: string): SnapshotFile[] | undefined {
  if (hash("sha256", text) !== digest) return undefined;
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [path, mode, sha256, size] = JSON.parse(line) as [string, string, string, number];
      return { path, sha256, size, executable: mode === "x" };
    });
}
