import { createHash, hash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { ChiffonError } from "../../domain/errors.ts";
import type { ScannedFile } from "./scan.ts";

/**
 * Every blob and every file of a tree carries this modification time (seconds). A file that somebody wrote to has another
 * one, so a look at its times tells what must be hashed again.
 */
export const storedTime = 1;

export interface BlobStore {
  /** Makes sure that the content is stored; returns its digest. Cheap when the file is as it was last time. */
  keep(file: ScannedFile): { sha256: string; size: number };
  /** Puts stored content at `path` (which must not exist). @throws ENOENT when the blob has gone */
  place(content: { sha256: string; executable: boolean }, path: string): void;
  pathOf(sha256: string): string;
}

interface Remembered {
  sha256: string;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  ino: number;
  hashedAt: number;
}

/* A change within the same tick of the file system's clock as our last read would keep the same times: hash again. */
const racyMs = 1_000;
const chunkBytes = 1_048_576;
const maxRemembered = 100_000;

export function createBlobStore(root: string): BlobStore {
  const remembered = new Map<string, Remembered>();
  const folders = new Set<string>();
  const pathOf = (sha256: string) => join(root, "blobs", sha256.slice(0, 2), sha256);
  const isStored = (sha256: string, size: number): boolean => {
    const stat = lstatSync(pathOf(sha256), { throwIfNoEntry: false });
    return stat !== undefined && stat.isFile() && stat.size === size && stat.mtimeMs === storedTime * 1_000;
  };
  const prepareFolder = (path: string): void => {
    if (folders.has(path)) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    folders.add(path);
  };
  const store = (file: ScannedFile): { sha256: string; size: number } => {
    prepareFolder(join(root, "tmp"));
    const waiting = join(root, "tmp", `blob-${process.pid}-${randomBytes(8).toString("hex")}`);
    const made = copyHashed(file, waiting);
    const path = pathOf(made.sha256);
    if (isStored(made.sha256, made.size)) {
      unlinkSync(waiting);
    } else {
      prepareFolder(dirname(path));
      chmodSync(waiting, 0o444);
      utimesSync(waiting, storedTime, storedTime);
      renameSync(waiting, path);
    }
    return made;
  };
  return {
    pathOf,
    keep(file) {
      const { stat, source } = file;
      const known = remembered.get(source);
      const fresh = known !== undefined && isSame(known, stat) && known.hashedAt - stat.ctimeMs > racyMs;
      if (fresh && isStored(known.sha256, known.size)) return known;
      const hashedAt = Date.now();
      const made = store(file);
      if (remembered.size >= maxRemembered) remembered.clear();
      const { mtimeMs, ctimeMs, ino } = stat;
      remembered.set(source, { ...made, mtimeMs, ctimeMs, ino, hashedAt });
      return made;
    },
    place(content, path) {
      const blob = pathOf(content.sha256);
      if (content.executable) {
        copyWithMode(blob, path, 0o555);
        return;
      }
      try {
        linkSync(blob, path);
      } catch (error) {
        /* Too many links to one file, or a file system without them. */
        if (!isCode(error, ["EMLINK", "EPERM", "EXDEV", "ENOTSUP"])) throw error;
        copyWithMode(blob, path, 0o444);
      }
    },
  };
}

export function isCode(error: unknown, codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

function isSame(known: Remembered, stat: Stats): boolean {
  return (
    known.size === stat.size &&
    known.mtimeMs === stat.mtimeMs &&
    known.ctimeMs === stat.ctimeMs &&
    known.ino === stat.ino
  );
}

function copyWithMode(from: string, to: string, mode: number): void {
  const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeSync(target, readFileSync(from));
  } finally {
    closeSync(target);
  }
  chmodSync(to, mode);
  utimesSync(to, storedTime, storedTime);
}

/* What is hashed is what is written: the file may change while it is read, the copy is then one state or is refused later. */
function copyHashed(file: ScannedFile, to: string): { sha256: string; size: number } {
  let source: number | undefined;
  let target: number | undefined;
  try {
    source = openSync(file.source, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(source);
    if (!stat.isFile()) throw unreadable(file);
    target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    if (stat.size <= chunkBytes) {
      const bytes = readFileSync(source);
      writeAll(target, bytes);
      return { sha256: hash("sha256", bytes), size: bytes.length };
    }
    return copyChunks(source, target);
  } catch (error) {
    if (isCode(error, ["EACCES", "ENOENT", "EISDIR", "ELOOP"])) throw unreadable(file, error);
    throw error;
  } finally {
    if (source !== undefined) closeSync(source);
    if (target !== undefined) closeSync(target);
  }
}

function copyChunks(source: number, target: number): { sha256: string; size: number } {
  const digest = createHash("sha256");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let size = 0;
  for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer)) {
    const part = buffer.subarray(0, read);
    digest.update(part);
    writeAll(target, part);
    size += read;
  }
  return { sha256: digest.digest("hex"), size };
}

function writeAll(target: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(target, bytes, at);
}

function unreadable(file: ScannedFile, cause?: unknown): ChiffonError {
  return new ChiffonError("conflict", `The file "${file.path}" cannot be read, so nothing was frozen.`, {
    hint: "Check its permissions, or leave it out of the project, and ask again.",
    cause,
  });
}
