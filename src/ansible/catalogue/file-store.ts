import { hash } from "node:crypto";
import { closeSync, constants, lstatSync, openSync, readSync, readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { maxYamlLength } from "../yaml/load.ts";
import type { FileFacts } from "./facts.ts";
import { folderOf } from "./paths.ts";
import { readFileFacts } from "./file-facts.ts";
import type { Walked, WalkedFile } from "./walk.ts";

/** One file as last read. `text` is kept only for what is not YAML (INI inventories, ansible.cfg). */
export interface ReadFile {
  path: string;
  sha256: string;
  facts: FileFacts;
  text: string | null;
  executable: boolean;
}

interface Remembered extends ReadFile {
  stat: WalkedFile;
  readAt: number;
}

/** Files of one repository as remembered between refreshes. */
export type FileMemory = Map<string, Remembered>;

/** Reads files of one repository during one refresh. Every path that was asked for decides whether a next refresh differs. */
export interface FileStore {
  /** The file, or undefined when it does not exist, is not a regular file, or leads out of the root. Cheap when unchanged. */
  find(path: string): ReadFile | undefined;
  hasFolder(path: string): boolean;
  /** Names of the regular files directly in a walked folder. */
  namesIn(folder: string): readonly string[];
  /** Paths of the walked folders directly in a walked folder. */
  foldersIn(folder: string): readonly string[];
  /** What was asked for outside the walk: `file:` or `folder:` and the path -> digest, "folder" or "absent". */
  readonly extra: ReadonlyMap<string, string>;
  /** Asks for a key of {@link extra} again. */
  ask(key: string): void;
}

/* A change within the same tick of the file system's clock as our last read would keep the same times: read it again. */
const racyMs = 1_000;

export function createFileStore(options: { root: string; walked: Walked; memory: FileMemory }): FileStore {
  const { root, walked, memory } = options;
  const extra = new Map<string, string>();
  const seen = new Map<string, ReadFile | undefined>();
  let below: Map<string, string[]> | undefined;
  const load = (path: string): ReadFile | undefined => {
    const listed = walked.files.get(path);
    if (listed !== undefined) return readThrough(root, listed, memory);
    if (!mayExist(path, walked)) return undefined;
    const stat = statInside(root, path);
    const file = stat === undefined ? undefined : readThrough(root, stat, memory);
    extra.set(`file:${path}`, file?.sha256 ?? "absent");
    return file;
  };
  const hasFolder = (path: string): boolean => {
    const state = walked.folders.get(path);
    if (state !== undefined) return true;
    if (!mayExist(path, walked)) return false;
    const found = isFolderInside(root, path);
    extra.set(`folder:${path}`, found ? "folder" : "absent");
    return found;
  };
  const find = (path: string): ReadFile | undefined => {
    if (!seen.has(path)) seen.set(path, load(path));
    return seen.get(path);
  };
  return {
    extra,
    find,
    hasFolder,
    namesIn: (folder) => walked.names.get(folder) ?? [],
    foldersIn: (folder) => {
      below ??= Map.groupBy(
        [...walked.names.keys()].filter((path) => path !== ""),
        (path) => folderOf(path),
      );
      return below.get(folder) ?? [];
    },
    ask(key) {
      if (key.startsWith("file:")) find(key.slice("file:".length));
      else hasFolder(key.slice("folder:".length));
    },
  };
}

/** The same questions asked of the disk, without a walk before: for the few files around one playbook. */
export function createDiskStore(root: string): FileStore {
  const memory: FileMemory = new Map();
  const namesIn = (folder: string, wanted: "isFile" | "isDirectory"): string[] => {
    if (!isFolderInside(root, folder)) return [];
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return entries.filter((entry) => entry[wanted]()).map((entry) => entry.name);
  };
  return {
    extra: new Map(),
    ask: () => {},
    find(path) {
      const stat = path === "" || path.startsWith("/") ? undefined : statInside(root, path);
      return stat === undefined ? undefined : readThrough(root, stat, memory);
    },
    hasFolder: (path) => isFolderInside(root, path),
    namesIn: (folder) => namesIn(folder, "isFile"),
    foldersIn: (folder) =>
      namesIn(folder, "isDirectory").map((name) => (folder === "" ? name : `${folder}/${name}`)),
  };
}

/* The walk listed every file, so only what lies behind a link or in a skipped folder needs the disk. */
function mayExist(path: string, walked: Walked): boolean {
  if (path === "" || path.startsWith("/") || path.split("/").includes("..")) return false;
  const slash = path.lastIndexOf("/");
  const folder = slash === -1 ? "" : path.slice(0, slash);
  if (walked.folders.get(folder) === "walked") {
    return (walked.names.get(folder) ?? []).includes(path.slice(slash + 1));
  }
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
    const state = walked.folders.get(path.slice(0, at));
    if (state === "skipped" || state === "linked") return true;
    if (state === undefined) return false;
  }
  return false;
}

function isFolderInside(root: string, path: string): boolean {
  try {
    const real = realpathSync(join(root, path));
    return isInside(root, real) && lstatSync(real).isDirectory();
  } catch {
    return false;
  }
}

function isInside(root: string, real: string): boolean {
  const inside = relative(root, real);
  return inside !== ".." && !inside.startsWith(`..${sep}`);
}

function statInside(root: string, path: string): WalkedFile | undefined {
  try {
    const real = realpathSync(join(root, path));
    if (!isInside(root, real)) return undefined;
    const stat = lstatSync(real);
    if (!stat.isFile()) return undefined;
    const executable = (stat.mode & 0o111) !== 0;
    return {
      path,
      size: stat.size,
      mtimeMs: stat.mtimeMs,
      ctimeMs: stat.ctimeMs,
      inode: stat.ino,
      executable,
    };
  } catch {
    return undefined;
  }
}

function readThrough(root: string, stat: WalkedFile, memory: FileMemory): ReadFile | undefined {
  const known = memory.get(stat.path);
  if (known !== undefined && isSame(known.stat, stat) && known.readAt - stat.ctimeMs > racyMs) return known;
  const readAt = Date.now();
  const bytes = stat.size > maxYamlLength ? undefined : readInside(root, stat);
  const sha256 = bytes === undefined ? `unread:${stat.size}:${stat.mtimeMs}` : hash("sha256", bytes);
  if (known !== undefined && known.sha256 === sha256) {
    const fresh = { ...known, stat, readAt, executable: stat.executable };
    memory.set(stat.path, fresh);
    return fresh;
  }
  const isYaml = /\.ya?ml$/.test(stat.path);
  const text = bytes?.toString("utf8");
  const read: Remembered = {
    path: stat.path,
    sha256,
    facts: factsOf(stat, isYaml ? text : ""),
    text: isYaml || text === undefined ? null : text,
    executable: stat.executable,
    stat,
    readAt,
  };
  memory.set(stat.path, read);
  return read;
}

function factsOf(stat: WalkedFile, text: string | undefined): FileFacts {
  if (text !== undefined) return text === "" ? { kind: "other" } : readFileFacts(stat.path, text);
  const message =
    stat.size > maxYamlLength
      ? "The file is larger than 1 MiB and was not read. Split it, or keep data out of YAML."
      : "The file cannot be opened. Check its permissions.";
  return { kind: "broken", line: null, message };
}

function isSame(a: WalkedFile, b: WalkedFile): boolean {
  return (
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.inode === b.inode &&
    a.executable === b.executable
  );
}

/* One buffer for all: what is kept of a file is its digest and its text. One byte more shows a file that has grown. */
const shared = Buffer.allocUnsafeSlow(maxYamlLength + 1);

/*
 * O_NONBLOCK: a pipe put in the place of a file must not hang us. A short read of a regular file is its end, so one call is
 * enough. The result is valid until the next call.
 */
function readInside(root: string, stat: WalkedFile): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`${root}/${stat.path}`, constants.O_RDONLY | constants.O_NONBLOCK);
    const wanted = Math.min(stat.size + 1, shared.length);
    let length = readSync(descriptor, shared, 0, wanted, 0);
    while (length >= wanted) {
      if (length >= shared.length) return undefined;
      const more = readSync(descriptor, shared, length, shared.length - length, length);
      if (more === 0) break;
      length += more;
    }
    return shared.subarray(0, length);
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
