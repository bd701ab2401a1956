import { z } from "zod";
import { SnapshotFile } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { maxBytes, maxFileBytes, maxFiles } from "./collect.ts";
import { digestOfFiles } from "./manifest.ts";
import { maxFolders } from "./scan.ts";

const FileList = z.array(SnapshotFile.extend({ size: z.int().min(0) }));
/* What Linux takes; a longer one could not be made here. */
const maxPathLength = 4_096;
const maxNameBytes = 255;

/**
 * The list that came from elsewhere, when it is the one that `digest` names and could be a tree of files: no path leads out of
 * it, is there twice or lies below a file.
 * @throws ChiffonError `too-large` (the limits of {@link SnapshotStore.take}), `hash-mismatch`, `bad-input`
 */
export function checkList(digest: string, given: readonly SnapshotFile[]): SnapshotFile[] {
  if (given.length > maxFiles) throw tooLarge(`${given.length} files`);
  const parsed = FileList.safeParse(given);
  if (!parsed.success) throw badList("has an entry that is none");
  const files = parsed.data;
  if (digestOfFiles(files) !== digest) {
    throw new ChiffonError(
      "hash-mismatch",
      `The list of files that came is not the one of the snapshot ${digest.slice(0, 12)}.`,
      { hint: "Nothing will run from it. Ask again to make a new plan, and look who sent it." },
    );
  }
  checkSizes(files);
  checkPaths(files);
  return files;
}

function checkSizes(files: readonly SnapshotFile[]): void {
  const sizes = new Map<string, number>();
  for (const { path, sha256, size } of files) {
    if (size > maxFileBytes) throw tooLarge(`${size} bytes in ${quote(path)}`);
    if ((sizes.get(sha256) ?? size) !== size) throw badList(`gives the content of ${quote(path)} two sizes`);
    sizes.set(sha256, size);
  }
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > maxBytes) throw tooLarge(`${total} bytes`);
}

function checkPaths(files: readonly SnapshotFile[]): void {
  const paths = new Set<string>();
  const folders = new Set<string>();
  for (const { path } of files) {
    if (!isPlace(path)) throw badList(`names ${quote(path)}, which is no place in a snapshot`);
    if (paths.has(path)) throw badList(`names ${quote(path)} twice`);
    paths.add(path);
    for (
      let at = path.lastIndexOf("/");
      at !== -1 && !folders.has(path.slice(0, at));
      at = path.lastIndexOf("/", at - 1)
    ) {
      folders.add(path.slice(0, at));
      if (folders.size > maxFolders) throw tooLarge("too many folders");
    }
  }
  for (const path of paths)
    if (folders.has(path)) throw badList(`has files below ${quote(path)}, which is a file itself`);
}

/* Half a surrogate pair becomes another character on disk: two paths would be one. */
function isPlace(path: string): boolean {
  if (path.length > maxPathLength || path.includes("\0") || !path.isWellFormed()) return false;
  return path.split("/").every((name) => !["", ".", ".."].includes(name) && isNameShort(name));
}

function isNameShort(name: string): boolean {
  return Buffer.byteLength(name) <= maxNameBytes;
}

/* Whatever stands in it must not reach a terminal as it is. */
function quote(path: string): string {
  return JSON.stringify(path.slice(0, 100));
}

function badList(what: string): ChiffonError {
  return new ChiffonError("bad-input", `The list of files that came ${what}.`, {
    hint: "Nothing will run from it. Ask again to make a new plan, and look who sent it.",
  });
}

function tooLarge(what: string): ChiffonError {
  return new ChiffonError(
    "too-large",
    `The list of files that came has ${what}, more than a snapshot may have.`,
    {
      hint: "Nothing was fetched. Ask again to make a new plan, and look who sent it.",
    },
  );
}
