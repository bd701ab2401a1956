import { hash } from "node:crypto";
import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { FileFacts } from "./facts.ts";
import { readFileFacts } from "./file-facts.ts";
import { racyMs } from "./folders.ts";
import { none } from "./none.ts";
import { folderOf } from "./paths.ts";
import { isSameStat, readRegularFile, statRegularFile, type FileStat } from "./regular-file.ts";
import type { Walked } from "./walk.ts";

/** One file as last read. `text` is kept only for what is not YAML (INI inventories, ansible.cfg). */
export interface ReadFile {
  path: string;
  sha256: string;
  facts: FileFacts;
  text: string | null;
  executable: boolean;
}

interface Remembered extends ReadFile {
  stat: FileStat;
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

export function createFileStore(options: { root: string; walked: Walked; memory: FileMemory }): FileStore {
  const { root, walked, memory } = options;
  const extra = new Map<string, string>();
  const seen = new Map<string, ReadFile | null>();
  let below: Map<string, string[]> | undefined;
  const load = (path: string): ReadFile | undefined => {
    if (walked.files.has(path)) return readThrough(path, `${root}/${path}`, memory);
    if (!mayExist(path, walked)) return undefined;
    const real = realPathInside(root, path);
    const file = real === undefined ? undefined : readThrough(path, real, memory);
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
    const known = seen.get(path);
    if (known !== undefined) return known ?? undefined;
    const file = load(path);
    seen.set(path, file ?? null);
    return file;
  };
  return {
    extra,
    find,
    hasFolder,
    namesIn: (folder) => walked.names.get(folder) ?? none,
    foldersIn(folder) {
      below ??= Map.groupBy(walked.names.keys(), folderOf);
      return (below.get(folder) ?? none).filter((path) => path !== "");
    },
    ask(key) {
      if (key.startsWith("file:")) find(key.slice("file:".length));
      else hasFolder(key.slice("folder:".length));
    },
  };
}

/** The same questions asked of the disk, without a walk before: for the files around one playbook. */
export function createDiskStore(root: string, memory: FileMemory = new Map()): FileStore {
  const namesIn = (folder: string, wanted: "isFile" | "isDirectory"): string[] => {
    if (!isFolderInside(root, folder)) return [];
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    return entries.filter((entry) => entry[wanted]()).map((entry) => entry.name);
  };
  return {
    extra: new Map(),
    ask: () => {},
    find(path) {
      const real = path === "" || path.startsWith("/") ? undefined : realPathInside(root, path);
      return real === undefined ? undefined : readThrough(path, real, memory);
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
    const real = realpathSync.native(join(root, path));
    return isInside(root, real) && lstatSync(real).isDirectory();
  } catch {
    return false;
  }
}

function isInside(root: string, real: string): boolean {
  const inside = relative(root, real);
  return inside !== ".." && !inside.startsWith(`..${sep}`);
}

function realPathInside(root: string, path: string): string | undefined {
  try {
    const real = realpathSync.native(join(root, path));
    return isInside(root, real) ? real : undefined;
  } catch {
    return undefined;
  }
}

/* `real` is a path without links, so that the file cannot be exchanged for one. */
function readThrough(path: string, real: string, memory: FileMemory): ReadFile | undefined {
  const known = memory.get(path);
  if (known !== undefined) {
    const now = statRegularFile(real);
    if (now !== undefined && isSameStat(known.stat, now) && known.readAt - now.ctimeMs > racyMs) return known;
  }
  const readAt = Date.now();
  const content = readRegularFile(real);
  if (content === undefined) return undefined;
  const { stat, bytes, refused } = content;
  const sha256 = bytes === undefined ? `unread:${stat.size}:${stat.mtimeMs}` : hash("sha256", bytes);
  if (known !== undefined && known.sha256 === sha256) {
    const fresh = { ...known, stat, readAt, executable: stat.executable };
    memory.set(path, fresh);
    return fresh;
  }
  const isYaml = /\.ya?ml$/.test(path);
  const text = bytes?.toString("utf8");
  const read: Remembered = {
    path,
    sha256,
    facts: refused === undefined ? factsOf(path, isYaml ? text : undefined) : brokenBy(refused),
    text: isYaml || text === undefined ? null : text,
    executable: stat.executable,
    stat,
    readAt,
  };
  memory.set(path, read);
  return read;
}

const other: FileFacts = { kind: "other" };

function factsOf(path: string, text: string | undefined): FileFacts {
  return text === undefined || text === "" ? other : readFileFacts(path, text);
}

function brokenBy(refused: "large" | "closed"): FileFacts {
  const message =
    refused === "large"
      ? "The file is larger than 1 MiB and was not read. Split it, or keep data out of YAML."
      : "The file cannot be opened. Check its permissions.";
  return { kind: "broken", line: null, message };
}
