import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from "node:fs";
import { maxYamlLength } from "../yaml/load.ts";

/** What tells one state of a file from another without reading it. */
export interface FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly inode: number;
  readonly executable: boolean;
}

/** Content of a regular file; `bytes` is valid until the next call. `refused` says why there is none. */
export interface Content {
  readonly stat: FileStat;
  readonly bytes?: Buffer;
  readonly refused?: "large" | "closed";
}

/* One buffer for all: what is kept of a file is its digest and its text. One byte more shows a file that has grown. */
const shared = Buffer.allocUnsafeSlow(maxYamlLength + 1);
/* A pipe put in the place of a file must not hang us, and a link in its place must not lead us out. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const unknown: FileStat = { size: -1, mtimeMs: 0, ctimeMs: 0, inode: 0, executable: false };

/** Reads a file of at most 1 MiB by a path without links; undefined when it is not there or is no regular file. Never throws. */
export function readRegularFile(path: string): Content | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, flags);
  } catch {
    return closedContent(path);
  }
  let stat: FileStat | undefined;
  try {
    // Looked at before it is read: what changes meanwhile differs from this the next time.
    stat = fileStatOf(fstatSync(descriptor));
    if (stat === undefined) return undefined;
    const bytes = stat.size > maxYamlLength ? undefined : readAll(descriptor, stat.size);
    return bytes === undefined ? { stat, refused: "large" } : { stat, bytes };
  } catch {
    return { stat: stat ?? unknown, refused: "closed" };
  } finally {
    closeSync(descriptor);
  }
}

/* A short read of a regular file is its end, so one call is enough for one that does not grow. */
function readAll(descriptor: number, size: number): Buffer | undefined {
  const wanted = Math.min(size + 1, shared.length);
  let length = readSync(descriptor, shared, 0, wanted, 0);
  while (length >= wanted) {
    if (length >= shared.length) return undefined;
    const more = readSync(descriptor, shared, length, shared.length - length, length);
    if (more === 0) break;
    length += more;
  }
  return shared.subarray(0, length);
}

function closedContent(path: string): Content | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const found = stat === undefined ? undefined : fileStatOf(stat);
    return found === undefined ? undefined : { stat: found, refused: "closed" };
  } catch {
    // Its folder may be listed but not entered.
    return { stat: unknown, refused: "closed" };
  }
}

/** The state of a regular file; undefined when there is none that can be looked at. */
export function statRegularFile(path: string): FileStat | undefined {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    return stat === undefined ? undefined : fileStatOf(stat);
  } catch {
    return undefined;
  }
}

function fileStatOf(stat: Stats): FileStat | undefined {
  if (!stat.isFile()) return undefined;
  return {
    size: stat.size,
    mtimeMs: stat.mtimeMs,
    ctimeMs: stat.ctimeMs,
    inode: stat.ino,
    executable: (stat.mode & 0o111) !== 0,
  };
}

export function isSameStat(a: FileStat, b: FileStat): boolean {
  return (
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.inode === b.inode &&
    a.executable === b.executable
  );
}
