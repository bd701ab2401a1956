import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { Sha256 } from "../../contracts/vocabulary.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Breather } from "../catalogue/breather.ts";
import { createBreather } from "../catalogue/breather.ts";
import type { BlobStore } from "./blobs.ts";
import { createBlobStore, isCode } from "./blobs.ts";
import { removeOthers, sweepLeftovers } from "./clean.ts";
import { collectFiles } from "./collect.ts";
import type { Extra, OwnFile } from "./collect.ts";
import { listDigests, manifestPath, treePath } from "./layout.ts";
import { digestOfFiles, readManifest, writeManifest } from "./manifest.ts";
import type { FolderListings, Skipped } from "./scan.ts";
import { buildTree, retireTree } from "./tree.ts";
import type { Mismatch, VerifyMemory } from "./verify.ts";
import { rememberTree, verifyFiles } from "./verify.ts";

/** The frozen files of a step. */
export interface Snapshot {
  /** SHA-256 of the canonical list of path, execute bit, SHA-256 and size of every file. */
  digest: string;
  files: SnapshotFile[];
  /** What was left out, and why. */
  skipped: Skipped[];
}

export interface TakeOptions {
  /** Absolute path of the repository. */
  root: string;
  /** Files and folders inside the repository; folders are taken whole. */
  paths: readonly string[];
  /** Inside the repository, or inside an extra. */
  playbook: string;
  /** Folders from elsewhere on this machine that are put into the snapshot. */
  extra?: readonly Extra[];
  /** Text of `playbook` where Chiffon wrote it, and the playbook of the repository that it stands beside. */
  written?: { from: string; text: string };
  /** Files that Chiffon writes itself; what a repository has in their places is left out. */
  own?: readonly OwnFile[];
  /** Only the list is wanted, to compare it: no tree is made. */
  listOnly?: boolean;
  signal?: AbortSignal;
}

export type Verified = { ok: true } | { ok: false; path: string; reason: string };

/** Content-addressed copies of what approved steps need; runs work from them, never from the repository. */
export interface SnapshotStore {
  /**
   * Freezes what a playbook needs; the tree exists when this resolves. The same files give the same digest and no second tree.
   * @throws ChiffonError `not-found`, `too-large` (more than 20,000 files, 256 MiB in all or 32 MiB in one), `conflict`
   */
  take(options: TakeOptions): Promise<Snapshot>;
  /** @throws ChiffonError `not-found` when there is no such snapshot, `hash-mismatch` when its list was changed */
  open(digest: string): Promise<{ treeDir: string; files: SnapshotFile[] }>;
  /** Compares the tree with its list, content and all. @throws ChiffonError `not-found` */
  verify(digest: string, signal?: AbortSignal): Promise<Verified>;
  list(): Promise<string[]>;
  /** Removes every snapshot but those named, and content that no other needs. */
  remove(keep: readonly string[]): Promise<{ removed: number }>;
}

/* Times of files are only as fine as the kernel's tick; after this long, a later write has a later time. */
const settleMs = 25;
const maxRemembered = 30;

interface Store {
  root: string;
  blobs: BlobStore;
  memories: Map<string, VerifyMemory>;
  listings: FolderListings;
  /** Takes that are under way; removal waits for them and they for it. */
  takes: Set<Promise<unknown>>;
  removal: Promise<unknown> | undefined;
  swept: boolean;
}

/** @param options.root absolute path of a folder that belongs to Chiffon alone; made when missing, mode 0700 */
export function createSnapshotStore(options: { root: string }): SnapshotStore {
  const { root } = options;
  const store: Store = {
    root,
    blobs: createBlobStore(root),
    memories: new Map(),
    listings: new Map(),
    takes: new Set(),
    removal: undefined,
    swept: false,
  };
  return {
    async take(taking) {
      while (store.removal !== undefined) await store.removal;
      const work = take(store, taking).catch((error: unknown) => {
        throw explain(error);
      });
      const settled = work.then(
        () => {},
        () => {},
      );
      store.takes.add(settled);
      void settled.then(() => store.takes.delete(settled));
      return await work;
    },
    async open(digest) {
      return openTree(store, digest);
    },
    async verify(digest, signal) {
      const { treeDir, files } = openTree(store, digest);
      const memory = memoryOf(store, digest);
      const found = await verifyFiles(treeDir, files, {
        memory,
        ...(signal === undefined ? {} : { signal }),
      });
      return found === undefined ? { ok: true } : { ok: false, ...found };
    },
    async list() {
      return listDigests(root);
    },
    async remove(keep) {
      while (store.removal !== undefined) await store.removal;
      const work = removeAfterTakes(store, new Set(keep));
      store.removal = work.then(
        () => {},
        () => {},
      );
      try {
        return await work;
      } finally {
        store.removal = undefined;
      }
    },
  };
}

async function take(store: Store, options: TakeOptions): Promise<Snapshot> {
  options.signal?.throwIfAborted();
  if (!store.swept) sweepLeftovers(store.root);
  store.swept = true;
  const breather = createBreather(options.signal);
  const { written, playbook } = options;
  // What Chiffon wrote for the step lies there like what it always writes.
  const own = [
    ...(options.own ?? []),
    ...(written === undefined ? [] : [{ path: playbook, text: written.text }]),
  ];
  const scan = await collectFiles(
    { ...options, own, writtenFrom: written?.from, root: realRoot(options.root) },
    { breather, listings: store.listings },
  );
  const files: SnapshotFile[] = [];
  for (const file of scan.files.values()) {
    const { sha256, size } = store.blobs.digest(file);
    files.push({ path: file.path, sha256, size, executable: (file.stat.mode & 0o111) !== 0 });
    if (breather.isDue()) await breather.breathe();
  }
  for (const { path, text } of own) files.push({ path, ...store.blobs.put(text), executable: false });
  files.sort((a, b) => (a.path < b.path ? -1 : 1));
  const digest = digestOfFiles(files);
  if (options.listOnly !== true && !(await isTreeWhole(store, digest, files))) {
    for (const file of files) {
      const source = scan.files.get(file.path);
      if (source !== undefined) store.blobs.keep(source, file.sha256);
      if (breather.isDue()) await breather.breathe();
    }
    await makeTree(store, { digest, files }, breather);
  }
  return { digest, files, skipped: scan.skipped };
}

function explain(error: unknown): unknown {
  if (!isCode(error, ["ENOSPC", "EDQUOT"])) return error;
  return new ChiffonError("disk-full", "There is no room left for the frozen copy of the project.", {
    hint: "Free space where Chiffon keeps its data, then ask again. Nothing was changed.",
    cause: error,
  });
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch (cause) {
    throw new ChiffonError("not-found", `There is no folder "${root}" to take files from.`, {
      hint: "Check the path of the repository.",
      cause,
    });
  }
}

async function isTreeWhole(store: Store, digest: string, files: SnapshotFile[]): Promise<boolean> {
  const target = treePath(store.root, digest);
  if (!existsSync(target)) return false;
  const found = await verifyFiles(target, files, { memory: memoryOf(store, digest) });
  if (found !== undefined) retireTree(target, store.root);
  return found === undefined && existsSync(manifestPath(store.root, digest));
}

async function makeTree(
  store: Store,
  snapshot: { digest: string; files: SnapshotFile[] },
  breather: Breather,
): Promise<void> {
  const { digest, files } = snapshot;
  const target = treePath(store.root, digest);
  writeManifestFile(store.root, digest, files);
  await buildTree(files, { root: store.root, target }, { blobs: store.blobs, breather });
  await delay(settleMs);
  store.memories.delete(digest);
  const wrong: Mismatch | undefined = rememberTree(target, files, memoryOf(store, digest));
  if (wrong === undefined) return;
  throw new ChiffonError(
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

function openTree(store: Store, digest: string): { treeDir: string; files: SnapshotFile[] } {
  const treeDir = Sha256.safeParse(digest).success ? treePath(store.root, digest) : undefined;
  if (treeDir === undefined || !existsSync(treeDir) || !existsSync(manifestPath(store.root, digest))) {
    throw new ChiffonError("not-found", `The snapshot ${digest.slice(0, 12)} is not on this machine.`, {
      hint: "Its files were removed or never made here. Ask again to make a new plan.",
    });
  }
  const files = readManifest(readFileSync(manifestPath(store.root, digest), "utf8"), digest);
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

function memoryOf(store: Store, digest: string): VerifyMemory {
  const known = store.memories.get(digest) ?? new Map();
  store.memories.delete(digest);
  store.memories.set(digest, known);
  const oldest = store.memories.keys().next();
  if (store.memories.size > maxRemembered && oldest.done !== true) store.memories.delete(oldest.value);
  return known;
}

async function removeAfterTakes(store: Store, keep: ReadonlySet<string>): Promise<{ removed: number }> {
  await Promise.all(store.takes);
  const { removed } = await removeOthers(store.root, keep, (digest) => openTree(store, digest).files);
  for (const digest of removed) store.memories.delete(digest);
  return { removed: removed.length };
}
