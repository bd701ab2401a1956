import { lstat, readFile } from "node:fs/promises";
import path from "node:path";

/** What a folder has checked out, as its `.git` says: git itself is not started, so nothing of the repository runs. */
export interface GitHead {
  /** Null when no branch is checked out. */
  readonly branch: string | null;
  /** Null before the first commit. */
  readonly commit: string | null;
}

const maxBytes = 4_194_304;
const commitId = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const branchRef = /^ref: (refs\/heads\/([^\p{C}\p{Z}]{1,250}))$/u;

/** Undefined for a folder without a `.git` of its own. Files that say anything else than git writes count as nothing. */
export async function readGitHead(root: string): Promise<GitHead | undefined> {
  const head = await readSmall(path.join(root, ".git", "HEAD"));
  if (head === undefined) return undefined;
  if (commitId.test(head)) return { branch: null, commit: head };
  const [, ref, branch] = branchRef.exec(head) ?? [];
  if (ref === undefined || branch === undefined || ref.split("/").includes("..")) return undefined;
  const loose = await readSmall(path.join(root, ".git", ref));
  const packed = loose === undefined ? await readSmall(path.join(root, ".git", "packed-refs")) : undefined;
  const commit =
    loose ??
    packed
      ?.split("\n")
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(" ")[0] ??
    "";
  return { branch, commit: commitId.test(commit) ? commit : null };
}

/** A regular file that is not large; a link or a pipe in its place is none. */
async function readSmall(file: string): Promise<string | undefined> {
  const stat = await lstat(file).catch(() => undefined);
  if (stat === undefined || !stat.isFile() || stat.size > maxBytes) return undefined;
  return await readFile(file, "utf8").then(
    (text) => text.trim(),
    () => undefined,
  );
}
