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
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
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
  /** Digest and size of a file; it is stored unless it is as it was last time (then a look tells, nothing is read). */
  digest(file: ScannedFile): { sha256: string; size: number };
  /** Stores a text of Chiffon's own. */
  put(text: string): { sha256: string; size: number };
  /** Makes sure that the content is stored now. @throws ChiffonError `conflict` when it has changed since {@link digest} */
  keep(file: ScannedFile, sha256: string): void;
  /** Whether content lies there that nobody wrote to, as far as size and time tell. */
  isStored(sha256: string, size: number): boolean;
  /** Moves the file at `path` in, also where content lies that was damaged; the caller has hashed it. */
  adopt(path: string, sha256: string): void;
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
  const adopt = (waiting: string, sha256: string): void => {
    const path = pathOf(sha256);
    prepareFolder(dirname(path));
    chmodSync(waiting, 0o444);
    utimesSync(waiting, storedTime, storedTime);
    renameSync(waiting, path);
  };
  const publish = (waiting: string, made: { sha256: string; size: number }): void => {
    if (isStored(made.sha256, made.size)) unlinkSync(waiting);
    else adopt(waiting, made.sha256);
  };
  const store = (file: ScannedFile): { sha256: string; size: number } => {
    prepareFolder(join(root, "tmp"));
    const waiting = join(root, "tmp", `blob-${process.pid}-${randomBytes(8).toString("hex")}`);
    const source = openSource(file);
    try {
      if (fstatSync(source).size <= chunkBytes) {
        const bytes = readFileSync(source);
        const made = { sha256: hash("sha256", bytes), size: bytes.length };
        if (isStored(made.sha256, made.size)) return made;
        writeFileSync(waiting, bytes, { flag: "wx", mode: 0o600 });
        publish(waiting, made);
        return made;
      }
      const made = copyChunks(source, waiting);
      publish(waiting, made);
      return made;
    } catch (error) {
      rmSync(waiting, { force: true });
      throw error;
    } finally {
      closeSync(source);
    }
  };
  const put = (text: string): { sha256: string; size: number } => {
    const bytes = Buffer.from(text);
    const made = { sha256: hash("sha256", bytes), size: bytes.length };
    if (isStored(made.sha256, made.size)) return made;
    prepareFolder(join(root, "tmp"));
    const waiting = join(root, "tmp", `blob-${process.pid}-${randomBytes(8).toString("hex")}`);
    writeFileSync(waiting, bytes, { flag: "wx", mode: 0o600 });
    publish(waiting, made);
    return made;
  };
  return {
    pathOf,
    put,
    isStored,
    adopt,
    digest(file) {
      const { stat, source } = file;
      const known = remembered.get(source);
      if (known !== undefined && isSame(known, stat) && known.hashedAt - stat.ctimeMs > racyMs) return known;
      const hashedAt = Date.now();
      const made = store(file);
      if (remembered.size >= maxRemembered) remembered.clear();
      const { mtimeMs, ctimeMs, ino } = stat;
      remembered.set(source, { ...made, mtimeMs, ctimeMs, ino, hashedAt });
      return made;
    },
    keep(file, sha256) {
      const known = remembered.get(file.source);
      if (known?.sha256 === sha256 && isStored(sha256, known.size)) return;
      if (store(file).sha256 !== sha256) throw unreadable(file);
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
    const bytes = readFileSync(from);
    for (let at = 0; at < bytes.length;) at += writeSync(target, bytes, at);
  } finally {
    closeSync(target);
  }
  chmodSync(to, mode);
  utimesSync(to, storedTime, storedTime);
}

function openSource(file: ScannedFile): number {
  let source: number;
  try {
    source = openSync(file.source, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(file, error);
  }
  if (fstatSync(source).isFile()) return source;
  closeSync(source);
  throw unreadable(file);
}

/* What is hashed is what is written, whatever happens to the file meanwhile. */
function copyChunks(source: number, to: string): { sha256: string; size: number } {
  const target = openSync(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const digest = createHash("sha256");
    const buffer = Buffer.allocUnsafe(chunkBytes);
    let size = 0;
    for (let read = readSync(source, buffer); read > 0; read = readSync(source, buffer)) {
      const part = buffer.subarray(0, read);
      digest.update(part);
      for (let at = 0; at < read;) at += writeSync(target, part, at);
      size += read;
    }
    return { sha256: digest.digest("hex"), size };
  } finally {
    closeSync(target);
  }
}

function unreadable(file: ScannedFile, cause?: unknown): ChiffonError {
  return new ChiffonError(
    "conflict",
    `The file "${file.path}" cannot be read, or changes right now; nothing was frozen.`,
    {
      hint: "Check its permissions and who writes to it, or leave it out of the project, and ask again.",
      cause,
    },
  );
}
