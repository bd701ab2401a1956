import { createHash, hash } from "node:crypto";
import { readdirSync, readFileSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import type { Breather } from "../catalogue/breather.ts";
import { findPluginNames } from "../closure/plugin-names.ts";

/** What of an installed collection decides what it does. */
export interface CollectionFiles {
  /** SHA-256 over path and content of every file that Ansible may take from it. */
  readonly sha256: string;
  /** Collections whose code its own code imports, or that its roles and playbooks name. */
  readonly uses: ReadonlySet<string>;
}

interface Seen {
  readonly at: string;
  readonly readAt: number;
  readonly sha256: string;
  readonly uses: readonly string[];
}

/* Tests, documentation and lists of changes stay out: no run reads them, and packages leave them out. */
const parts = ["meta", "playbooks", "plugins", "roles"];
const leftOut = /^\.|^__pycache__$|\.py[co]$/;
const maxFiles = 50_000;
const deepest = 24;
/** Longer texts are hashed, and not searched for names. */
const maxTextBytes = 1_048_576;
/* A change within the same tick of the file system's clock as our last look would keep the same times: read again. */
const racyMs = 1_000;
const maxSeen = 100_000;
const seen = new Map<string, Seen>();

/** Reads the files of a collection; one that is as it was last time is not read again. */
export async function readCollection(folder: string, breather: Breather): Promise<CollectionFiles> {
  const digest = createHash("sha256");
  const uses = new Set<string>();
  const files = parts.flatMap((part) => listFiles(folder, { path: part, depth: 0 }));
  for (const path of files.slice(0, maxFiles)) {
    const file = lookAt(join(folder, path), path);
    digest.update(`${path}\0${file.sha256}\n`);
    for (const name of file.uses) uses.add(name);
    if (breather.isDue()) await breather.breathe();
  }
  return { sha256: digest.digest("hex"), uses };
}

function listFiles(folder: string, at: { path: string; depth: number }): string[] {
  if (at.depth > deepest) return [];
  return listNames(join(folder, at.path)).flatMap(({ name, isFolder }) => {
    const path = `${at.path}/${name}`;
    return isFolder ? listFiles(folder, { path, depth: at.depth + 1 }) : [path];
  });
}

function listNames(folder: string): { name: string; isFolder: boolean }[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !leftOut.test(name))
      .map((entry) => ({ name: entry.name, isFolder: isFolderBehind(entry, join(folder, entry.name)) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function isFolderBehind(entry: Dirent, path: string): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function lookAt(file: string, path: string): Pick<Seen, "sha256" | "uses"> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return { sha256: "none", uses: [] };
  const at = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
  const before = seen.get(file);
  if (before?.at === at && before.readAt - stat.ctimeMs > racyMs) return before;
  const readAt = Date.now();
  const now = { at, readAt, ...read(file, path) };
  if (seen.size >= maxSeen) seen.clear();
  seen.set(file, now);
  return now;
}

function read(file: string, path: string): Pick<Seen, "sha256" | "uses"> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    return { sha256: "unreadable", uses: [] };
  }
  const isText = bytes.length <= maxTextBytes && !bytes.includes(0);
  // What plug-ins say about others in their documentation is no use of them.
  const kind = /^(?:roles|playbooks)\/.*(?<!\.md)$/.test(path) ? "tasks" : "code";
  const uses = isText ? findPluginNames(bytes.toString("utf8"), kind).collections : [];
  return { sha256: hash("sha256", bytes), uses };
}
