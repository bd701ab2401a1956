import { realpathSync } from "node:fs";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { createBreather } from "../catalogue/breather.ts";
import { createBlobStore, isCode } from "./blobs.ts";
import { removeOthers, sweepLeftovers } from "./clean.ts";
import { collectFiles } from "./collect.ts";
import type { Extra, OwnFile } from "./collect.ts";
import type { ReadBlob } from "./fetch-blobs.ts";
import { listDigests, madeAt, markMade } from "./layout.ts";
import { digestOfFiles } from "./manifest.ts";
import { readStored, readStoredText } from "./read-blob.ts";
import { receive, type ReceiveOptions } from "./receive.ts";
import type { FolderListings, Skipped } from "./scan.ts";
import { isTreeWhole, makeTree, memoryOf, openTree, type OpenSnapshot, type Trees } from "./trees.ts";
import { verifyFiles } from "./verify.ts";
import { failpoint } from "../../ports/failpoint.ts";

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
  /**
   * Makes a snapshot that lies elsewhere whole here, as {@link SnapshotStore.take} would have: only content that is not stored yet
   * is fetched, all of it is compared with the list, and the list with the digest. Where that fails nothing is left of it.
   * @throws ChiffonError `hash-mismatch`, `bad-input` (a list that is no tree), `too-large`, `server-unreachable` (also when the
   * signal fires), `disk-full`, or what `read` throws of this kind
   */
  receive(options: ReceiveOptions): Promise<OpenSnapshot>;
  /** Content of one stored file; never anything else, whatever is asked for. @throws ChiffonError `not-found` */
  readBlob: ReadBlob;
  /** The text of one stored file of up to 1 MiB; undefined when there is none, or it is no text. */
  readText(sha256: string): string | undefined;
  /** @throws ChiffonError `not-found` when there is no such snapshot, `hash-mismatch` when its list was changed */
  open(digest: string): Promise<OpenSnapshot>;
  /** Compares the tree with its list, content and all. @throws ChiffonError `not-found` */
  verify(digest: string, signal?: AbortSignal): Promise<Verified>;
  list(): Promise<string[]>;
  /**
   * Removes every snapshot but those named, and content that no other needs. `spareFor`: what was taken or received here less than so
   * many milliseconds ago stays too; it may not be named yet.
   */
  remove(keep: readonly string[], options?: { spareFor?: number }): Promise<{ removed: number }>;
}

/** A process that cannot be seen from here has not left something unfinished that was touched since; milliseconds. */
const leftAfter = 3_600_000;

interface Store extends Trees {
  listings: FolderListings;
  /** What is being taken or received; removal waits for it and it for removal. */
  makings: Set<Promise<unknown>>;
  isSole: boolean;
  removal: Promise<unknown> | undefined;
  swept: boolean;
}

/**
 * @param options.root absolute path of a folder that belongs to Chiffon alone; made when missing, mode 0700
 * @param options.isSole false: processes that cannot be seen from here may use it too
 */
export function createSnapshotStore(options: { root: string; isSole?: boolean }): SnapshotStore {
  const { root, isSole = true } = options;
  const store: Store = {
    root,
    blobs: createBlobStore(root),
    memories: new Map(),
    settling: new Map(),
    listings: new Map(),
    makings: new Set(),
    isSole,
    removal: undefined,
    swept: false,
  };
  return {
    take: (options) =>
      make(store, async () => {
        const snapshot = await take(store, options);
        if (options.listOnly !== true) markMade(root, snapshot.digest);
        return snapshot;
      }),
    receive: (options) =>
      make(store, async () => {
        const opened = await receive(store, options);
        markMade(root, options.digest);
        return opened;
      }),
    readText: (sha256) => readStoredText(store.blobs, sha256),
    readBlob: (sha256, signal) => readStored(store.blobs, sha256, signal),
    async open(digest) {
      return openTree(store, digest);
    },
    async verify(digest, signal) {
      const { treeDir, files } = openTree(store, digest);
      await store.settling.get(digest);
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
    async remove(keep, { spareFor = 0 } = {}) {
      while (store.removal !== undefined) await store.removal;
      const work = removeAfterMakings(store, keep, spareFor);
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

async function make<T>(store: Store, begin: () => Promise<T>): Promise<T> {
  while (store.removal !== undefined) await store.removal;
  if (!store.swept) sweepLeftovers(store.root, { spareFor: store.isSole ? 0 : leftAfter });
  store.swept = true;
  const work = begin().catch((error: unknown) => {
    throw explain(error);
  });
  const settled = work.then(
    () => {},
    () => {},
  );
  store.makings.add(settled);
  void settled.then(() => store.makings.delete(settled));
  return await work;
}

async function take(store: Store, options: TakeOptions): Promise<Snapshot> {
  options.signal?.throwIfAborted();
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
    failpoint("snapshot.blobs-stored");
    await makeTree(store, { digest, files }, { breather });
    failpoint("snapshot.tree-made");
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
    return realpathSync.native(root);
  } catch (cause) {
    throw new ChiffonError("not-found", `There is no folder "${root}" to take files from.`, {
      hint: "Check the path of the repository.",
      cause,
    });
  }
}

async function removeAfterMakings(
  store: Store,
  named: readonly string[],
  spareFor: number,
): Promise<{ removed: number }> {
  await Promise.all(store.makings);
  const since = Date.now() - spareFor;
  const keep = new Set([
    ...named,
    ...listDigests(store.root).filter((digest) => madeAt(store.root, digest) > since),
  ]);
  const { removed } = await removeOthers(store.root, keep, (digest) => openTree(store, digest).files);
  for (const digest of removed) store.memories.delete(digest);
  return { removed: removed.length };
}
