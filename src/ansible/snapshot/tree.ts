import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import type { Breather } from "../catalogue/breather.ts";
import type { BlobStore } from "./blobs.ts";
import { isCode } from "./blobs.ts";

/**
 * Makes the tree of a list at `target`: built under another name and then renamed, so it is there as a whole or not at all.
 * Two makers at once: the second finds it made and throws its own away.
 * @param tools.beforeMove sees the tree while it is in nobody's sight; where it rejects, nothing is left of it
 */
export async function buildTree(
  files: readonly SnapshotFile[],
  place: { root: string; target: string },
  tools: { blobs: BlobStore; breather: Breather; beforeMove: (treeDir: string) => Promise<void> },
): Promise<void> {
  const waiting = join(place.root, "tmp", `tree-${process.pid}-${randomBytes(8).toString("hex")}`);
  mkdirSync(waiting, { recursive: true, mode: 0o700 });
  try {
    const folders = new Set<string>();
    for (const file of files) {
      const path = join(waiting, file.path);
      const folder = dirname(path);
      if (!folders.has(folder)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        for (let each = folder; each !== waiting && !folders.has(each); each = dirname(each))
          folders.add(each);
      }
      tools.blobs.place(file, path);
      if (tools.breather.isDue()) await tools.breather.breathe();
    }
    for (const folder of folders) chmodSync(folder, 0o555);
    await tools.beforeMove(waiting);
    moveTree(waiting, place.target);
  } catch (error) {
    removeTree(waiting);
    throw error;
  }
}

function moveTree(waiting: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
  try {
    renameSync(waiting, target);
  } catch (error) {
    if (!isCode(error, ["ENOTEMPTY", "EEXIST"])) throw error;
    removeTree(waiting);
    return;
  }
  /* Only now: a folder that may not be written to cannot be moved. */
  chmodSync(target, 0o555);
}

/** Removes a tree although its folders are read-only. */
export function removeTree(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isDirectory()) unlock(path);
  rmSync(path, { recursive: true, force: true });
}

/** Takes a tree out of sight at once, then removes it: a half-removed tree is never found under its digest. */
export function retireTree(path: string, root: string): void {
  if (!existsSync(path)) return;
  mkdirSync(join(root, "tmp"), { recursive: true, mode: 0o700 });
  const away = join(root, "tmp", `old-${process.pid}-${randomBytes(8).toString("hex")}`);
  chmodSync(path, 0o700);
  renameSync(path, away);
  removeTree(away);
}

function unlock(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) unlock(join(folder, entry.name));
  }
}
