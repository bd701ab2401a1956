import { createHash, hash } from "node:crypto";
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readdirSync } from "node:fs";
import type { Stats } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { SnapshotFile } from "../../contracts/plan.ts";
import { createBreather } from "../catalogue/breather.ts";
import { storedTime } from "./blobs.ts";
import { readPieces } from "./read-pieces.ts";

/** Where a tree differs from its list, and how. */
export interface Mismatch {
  path: string;
  reason: string;
}

/**
 * What was true of files and folders when they were last looked at in this process. Unchanged times need no new look; the
 * kernel sets the change time with every write, and nobody else can.
 */
export type VerifyMemory = Map<string, { ino: number; ctimeMs: number; sha256: string }>;

/** Stands for the digest of a folder; "" is the top. */
const folderMark = "folder";

const parallel = 8;
/* Below this a synchronous read is several times cheaper than one through the thread pool. */
const smallBytes = 262_144;
const settledMs = 1_000;

/**
 * Compares a tree with its list: every file is there with the same content and execute bit, and nothing else is there. Hashes
 * everything, except files whose inode and change time are those in `memory` (the kernel changes them with every write).
 */
export async function verifyFiles(
  treeDir: string,
  files: readonly SnapshotFile[],
  options: { memory?: VerifyMemory; signal?: AbortSignal } = {},
): Promise<Mismatch | undefined> {
  const { memory = new Map(), signal } = options;
  const breather = createBreather(signal);
  const expected = new Map(files.map((file) => [file.path, file]));
  const large: SnapshotFile[] = [];
  let found = findStranger(treeDir, expected, memory);
  for (const file of files) {
    if (found !== undefined) return found;
    const stat = lstatSync(`${treeDir}/${file.path}`, { throwIfNoEntry: false });
    found = compareStat(file, stat);
    if (found !== undefined || stat === undefined || isRemembered(memory, file, stat)) continue;
    if (stat.size > smallBytes) large.push(file);
    else found = compareHash(file, hashSmall(`${treeDir}/${file.path}`), { memory, stat });
    if (breather.isDue()) await breather.breathe();
  }
  return found ?? (await verifyLarge(treeDir, large, { memory, signal }));
}

/** Digests of all regular files of a tree, to rebuild its list. */
export async function hashTree(treeDir: string): Promise<SnapshotFile[]> {
  const files: SnapshotFile[] = [];
  for (const entry of listTree(treeDir)) {
    if (entry.kind !== "file") continue;
    const path = join(treeDir, entry.path);
    const stat = lstatSync(path);
    const sha256 = await hashStream(path);
    files.push({ path: entry.path, sha256, size: stat.size, executable: (stat.mode & 0o111) !== 0 });
  }
  return files;
}

/** SHA-256 of a file of this size (bytes); undefined when it is no regular file or cannot be read. */
export async function hashFile(path: string, size: number): Promise<string | undefined> {
  return size > smallBytes ? await hashStream(path).catch(() => undefined) : hashSmall(path);
}

/** Stores the present times of a tree that was made and checked just now. */
export function rememberTree(
  treeDir: string,
  files: readonly SnapshotFile[],
  memory: VerifyMemory,
): Mismatch | undefined {
  for (const file of files) {
    const stat = lstatSync(`${treeDir}/${file.path}`, { throwIfNoEntry: false });
    const mismatch = compareStat(file, stat);
    if (mismatch !== undefined) return mismatch;
    if (stat === undefined || stat.mtimeMs !== storedTime * 1_000)
      return { path: file.path, reason: "it was written to" };
    memory.set(file.path, { ino: stat.ino, ctimeMs: stat.ctimeMs, sha256: file.sha256 });
  }
  const seen = foldersOf(files.map((file) => file.path)).map((folder) => ({
    folder,
    stat: folderStat(treeDir, folder),
  }));
  for (const { folder, stat } of seen) if (stat !== undefined) rememberFolder(folder, stat, memory);
  return findStranger(treeDir, new Map(files.map((file) => [file.path, file])), new Map());
}

function isRemembered(memory: VerifyMemory, file: SnapshotFile, stat: Stats): boolean {
  const known = memory.get(file.path);
  return known?.ino === stat.ino && known.ctimeMs === stat.ctimeMs && known.sha256 === file.sha256;
}

function compareStat(file: SnapshotFile, stat: Stats | undefined): Mismatch | undefined {
  const { path } = file;
  if (stat === undefined) return { path, reason: "it is missing" };
  if (!stat.isFile()) return { path, reason: "it is no regular file any more" };
  if (stat.size !== file.size) return { path, reason: `it has ${stat.size} bytes, not ${file.size}` };
  if (((stat.mode & 0o111) !== 0) !== file.executable)
    return { path, reason: "its execute permission has changed" };
  return undefined;
}

function compareHash(
  file: SnapshotFile,
  sha256: string | undefined,
  seen: { memory: VerifyMemory; stat: Stats },
): Mismatch | undefined {
  if (sha256 === undefined) return { path: file.path, reason: "it cannot be read" };
  if (sha256 !== file.sha256) return { path: file.path, reason: "its content has changed" };
  if (isSettled(seen.stat)) {
    seen.memory.set(file.path, { ino: seen.stat.ino, ctimeMs: seen.stat.ctimeMs, sha256 });
  }
  return undefined;
}

async function verifyLarge(
  treeDir: string,
  files: readonly SnapshotFile[],
  options: { memory: VerifyMemory; signal: AbortSignal | undefined },
): Promise<Mismatch | undefined> {
  const waiting = [...files];
  let found: Mismatch | undefined;
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined && found === undefined; file = waiting.shift()) {
      const path = join(treeDir, file.path);
      const stat = lstatSync(path);
      const sha256 = await hashStream(path, options.signal).catch(() => undefined);
      options.signal?.throwIfAborted();
      found ??= compareHash(file, sha256, { memory: options.memory, stat });
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return found;
}

async function hashStream(path: string, signal?: AbortSignal): Promise<string> {
  const digest = createHash("sha256");
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  for await (const piece of readPieces(file, signal)) digest.update(piece);
  return digest.digest("hex");
}

function hashSmall(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return fstatSync(descriptor).isFile() ? hash("sha256", readFileSync(descriptor)) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/* A file that nobody approved could be a plug-in or a configuration that Ansible picks up. */
function findStranger(
  treeDir: string,
  expected: ReadonlyMap<string, SnapshotFile>,
  memory: VerifyMemory,
): Mismatch | undefined {
  const folders = foldersOf(expected.keys());
  if (folders.every((folder) => isSameFolder(treeDir, folder, memory))) return undefined;
  const known = new Set(folders);
  const seen = folders.map((folder) => ({ folder, stat: folderStat(treeDir, folder) }));
  for (const entry of listTree(treeDir)) {
    const isExpected = entry.kind === "folder" ? known.has(entry.path) : expected.has(entry.path);
    if (!isExpected) return { path: entry.path, reason: "it was not there when the snapshot was made" };
  }
  for (const { folder, stat } of seen) {
    if (stat !== undefined && isSettled(stat)) rememberFolder(folder, stat, memory);
  }
  return undefined;
}

function foldersOf(paths: Iterable<string>): string[] {
  const folders = new Set([""]);
  for (const path of paths) {
    for (
      let at = path.lastIndexOf("/");
      at !== -1 && !folders.has(path.slice(0, at));
      at = path.lastIndexOf("/", at - 1)
    ) {
      folders.add(path.slice(0, at));
      if (at === 0) break;
    }
  }
  return [...folders];
}

function folderStat(treeDir: string, folder: string): Stats | undefined {
  const stat = lstatSync(folder === "" ? treeDir : `${treeDir}/${folder}`, { throwIfNoEntry: false });
  return stat?.isDirectory() === true ? stat : undefined;
}

/* A folder's change time moves when something is added to it or taken out. */
function isSameFolder(treeDir: string, folder: string, memory: VerifyMemory): boolean {
  const known = memory.get(`${folder}/`);
  if (known === undefined) return false;
  const stat = folderStat(treeDir, folder);
  return stat !== undefined && stat.ino === known.ino && stat.ctimeMs === known.ctimeMs;
}

function rememberFolder(folder: string, stat: Stats, memory: VerifyMemory): void {
  memory.set(`${folder}/`, { ino: stat.ino, ctimeMs: stat.ctimeMs, sha256: folderMark });
}

/* Only a time that has passed can vouch: a write in the same tick would leave it as it is. */
function isSettled(stat: Stats): boolean {
  return Date.now() - stat.ctimeMs > settledMs;
}

function* listTree(treeDir: string): Generator<{ path: string; kind: "file" | "folder" | "other" }> {
  const waiting = [""];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of readdirSync(`${treeDir}/${folder}`, { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      const kind = entry.isDirectory() ? "folder" : entry.isFile() ? "file" : "other";
      if (kind === "folder") waiting.push(path);
      yield { path, kind };
    }
  }
}
