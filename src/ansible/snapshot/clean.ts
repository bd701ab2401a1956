import { existsSync, lstatSync, readdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { createBreather } from "../catalogue/breather.ts";
import { isCode } from "./blobs.ts";
import { listDigests, treePath } from "./layout.ts";
import { removeTree, retireTree } from "./tree.ts";

/**
 * Removes every snapshot but those in `keep`, and content that no other needs. Nothing may be taken meanwhile.
 * `filesOf` gives the list of a snapshot that is kept.
 */
export async function removeOthers(
  root: string,
  keep: ReadonlySet<string>,
  filesOf: (digest: string) => readonly SnapshotFile[],
): Promise<{ removed: string[] }> {
  const breather = createBreather();
  const needed = new Set<string>();
  const removed: string[] = [];
  for (const digest of listDigests(root)) {
    if (keep.has(digest)) {
      for (const file of filesOf(digest)) needed.add(file.sha256);
      continue;
    }
    retireTree(treePath(root, digest), root);
    removed.push(digest);
    if (breather.isDue()) await breather.breathe();
  }
  /* Somebody was killed before the tree of a list was there. */
  for (const name of listNames(join(root, "manifests")))
    if (!keep.has(name)) unlinkIfThere(join(root, "manifests", name));
  const blobs = join(root, "blobs");
  for (const folder of listNames(blobs)) {
    for (const name of readdirSync(join(blobs, folder))) {
      if (!needed.has(name)) unlinkIfThere(join(blobs, folder, name));
    }
    if (breather.isDue()) await breather.breathe();
  }
  return { removed };
}

function listNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, ["ENOENT"])) throw error;
  }
}

/** Clears what a killed process left half made, so many milliseconds ago at least; names carry the process id. */
export function sweepLeftovers(root: string, { spareFor }: { spareFor: number }): void {
  const folder = join(root, "tmp");
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
  for (const name of readdirSync(folder)) {
    const maker = Number(name.split("-")[1]);
    if (maker === process.pid || isAlive(maker)) continue;
    const changed = lstatSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (spareFor === 0 || Date.now() - changed > spareFor) removeTree(join(folder, name));
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, ["EPERM"]);
  }
}
