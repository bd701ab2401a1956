import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { Sha256 } from "../../contracts/vocabulary.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Breather } from "../catalogue/breather.ts";
import type { BlobStore } from "./blobs.ts";
import { manifestPath, treePath } from "./layout.ts";
import { readManifest, writeManifest } from "./manifest.ts";
import { buildTree, retireTree } from "./tree.ts";
import type { Mismatch, VerifyMemory } from "./verify.ts";
import { rememberTree, verifyFiles } from "./verify.ts";

/* Times of files are only as fine as the kernel's tick; after this long, a later write has a later time. */
const settleMs = 25;
const maxRemembered = 30;

/** The trees of a store, each with its list. */
export interface Trees {
  root: string;
  blobs: BlobStore;
  memories: Map<string, VerifyMemory>;
  /** Trees that were made just now, until their times can be trusted. */
  settling: Map<string, Promise<void>>;
}

/** A snapshot that lies here. */
export interface OpenSnapshot {
  treeDir: string;
  files: SnapshotFile[];
}

/** Whether the tree is there as its list says; a damaged one is taken away. */
export async function isTreeWhole(trees: Trees, digest: string, files: SnapshotFile[]): Promise<boolean> {
  const target = treePath(trees.root, digest);
  if (!existsSync(target)) return false;
  await trees.settling.get(digest);
  const found = await verifyFiles(target, files, { memory: memoryOf(trees, digest) });
  if (found !== undefined) retireTree(target, trees.root);
  return found === undefined && existsSync(manifestPath(trees.root, digest));
}

/**
 * Makes the tree of a list from stored content, and the list beside it.
 * @param tools.check sees the tree before it gets its place; where it rejects there is none
 * @throws ChiffonError `conflict` when what lies there is not what was stored
 */
export async function makeTree(
  trees: Trees,
  snapshot: { digest: string; files: SnapshotFile[] },
  tools: { breather: Breather; check?: (treeDir: string) => Promise<void> },
): Promise<void> {
  const { digest, files } = snapshot;
  const target = treePath(trees.root, digest);
  const beforeMove = async (treeDir: string) => {
    await tools.check?.(treeDir);
    writeManifestFile(trees.root, digest, files);
  };
  await buildTree(
    files,
    { root: trees.root, target },
    { blobs: trees.blobs, breather: tools.breather, beforeMove },
  );
  trees.memories.delete(digest);
  const made: VerifyMemory = new Map();
  const wrong: Mismatch | undefined = rememberTree(target, files, made);
  if (wrong !== undefined) throw changedMeanwhile(wrong);
  const settled = rememberLater(trees, snapshot, made);
  trees.settling.set(digest, settled);
  void settled.then(() => trees.settling.delete(digest));
}

/* Who takes a tree need not wait for this. What is not remembered is read again when it is looked at. */
async function rememberLater(
  trees: Trees,
  { digest, files }: { digest: string; files: SnapshotFile[] },
  made: VerifyMemory,
): Promise<void> {
  await delay(settleMs);
  const now: VerifyMemory = new Map();
  try {
    if (rememberTree(treePath(trees.root, digest), files, now) !== undefined) return;
  } catch {
    // It was removed meanwhile.
    return;
  }
  const memory = memoryOf(trees, digest);
  for (const [path, seen] of now) if (made.get(path)?.ctimeMs === seen.ctimeMs) memory.set(path, seen);
}

/** Something else wrote to the store. */
export function changedMeanwhile(wrong: Mismatch): ChiffonError {
  return new ChiffonError(
    "conflict",
    `The frozen copy of "${wrong.path}" is not what was read: ${wrong.reason}.`,
    {
      hint: "Something else writes to Chiffon's data folder, or the disk is full. Check that and ask again.",
    },
  );
}

/* Written before the tree appears: a tree without its list would be of no use. */
function writeManifestFile(root: string, digest: string, files: readonly SnapshotFile[]): void {
  mkdirSync(join(root, "manifests"), { recursive: true, mode: 0o700 });
  mkdirSync(join(root, "tmp"), { recursive: true, mode: 0o700 });
  const waiting = join(root, "tmp", `list-${process.pid}-${randomBytes(8).toString("hex")}`);
  writeFileSync(waiting, writeManifest(files), { mode: 0o444, flush: true });
  renameSync(waiting, manifestPath(root, digest));
}

/** @throws ChiffonError `not-found` when it is not here, `hash-mismatch` when its list was changed */
export function openTree(trees: Trees, digest: string): OpenSnapshot {
  const treeDir = Sha256.safeParse(digest).success ? treePath(trees.root, digest) : undefined;
  if (treeDir === undefined || !existsSync(treeDir) || !existsSync(manifestPath(trees.root, digest))) {
    throw new ChiffonError("not-found", `The snapshot ${digest.slice(0, 12)} is not on this machine.`, {
      hint: "Its files were removed or never made here. Ask again to make a new plan.",
    });
  }
  const files = readManifest(readFileSync(manifestPath(trees.root, digest), "utf8"), digest);
  if (files === undefined) {
    throw new ChiffonError(
      "hash-mismatch",
      `The list of files of the snapshot ${digest.slice(0, 12)} was changed.`,
      {
        hint: "Nothing will run from it. Ask again to make a new plan, and look who can write to Chiffon's data folder.",
      },
    );
  }
  return { treeDir, files };
}

/** What was seen of this tree; the oldest is forgotten. */
export function memoryOf(trees: Trees, digest: string): VerifyMemory {
  const known = trees.memories.get(digest) ?? new Map();
  trees.memories.delete(digest);
  trees.memories.set(digest, known);
  const oldest = trees.memories.keys().next();
  if (trees.memories.size > maxRemembered && oldest.done !== true) trees.memories.delete(oldest.value);
  return known;
}
