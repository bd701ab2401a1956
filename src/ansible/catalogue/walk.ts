import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { CatalogueFinding } from "../../contracts/catalogue.ts";
import type { Breather } from "./breather.ts";

/** A regular file worth reading. `path` is relative to the root, with `/`. */
export interface WalkedFile {
  path: string;
  size: number;
  mtimeMs: number;
  ctimeMs: number;
  inode: number;
  executable: boolean;
}

/** How much is known of a folder: its content was listed, was left out on purpose, or is behind a link inside the root. */
export type FolderState = "walked" | "skipped" | "linked";

export interface Walked {
  files: Map<string, WalkedFile>;
  folders: Map<string, FolderState>;
  /** Names of the regular files in each walked folder. */
  names: Map<string, string[]>;
  findings: CatalogueFinding[];
}

export const maxFiles = 20_000;
const maxEntries = 400_000;
const maxDepth = 24;
/* Dependencies, environments and data: nothing in them is the user's own playbook. */
const skippedFolders = new Set([
  "node_modules",
  "templates",
  "files",
  "__pycache__",
  "ansible_collections",
  "site-packages",
]);
/** Playbooks in this folder of the root are templates from which the repository makes its own. */
export const generatedFolder = "templates";
const yamlName = /\.ya?ml$/;
const inventoryName = /^(hosts|inventory|production|staging|ansible\.cfg|all)$|\.(ini|cfg)$/;
const inventoryFolder = /(^|\/)(inventory|inventories|group_vars|host_vars)(\/|$)/;

interface Walk extends Walked {
  root: string;
  entries: number;
  full: boolean;
}

/** Lists the files of a repository that a catalogue needs. Follows no link out of the root; reads no content. */
export async function walkRepository(root: string, breather: Breather): Promise<Walked> {
  const walk: Walk = {
    root,
    files: new Map(),
    folders: new Map(),
    names: new Map(),
    findings: [],
    entries: 0,
    full: false,
  };
  const waiting: { path: string; depth: number }[] = [{ path: "", depth: 0 }];
  for (let folder = waiting.pop(); folder !== undefined && !walk.full; folder = waiting.pop()) {
    waiting.push(...visitFolder(walk, folder));
    if (breather.isDue()) await breather.breathe();
  }
  if (walk.full) {
    const message = `There are more than ${maxFiles} files; the rest was not read. Point Chiffon at the folder with the playbooks.`;
    walk.findings.push({ path: ".", line: null, message });
  }
  return walk;
}

function visitFolder(walk: Walk, folder: { path: string; depth: number }): { path: string; depth: number }[] {
  const entries = listFolder(walk, folder.path);
  if (entries === undefined) return [];
  if (entries.some((entry) => entry.name === "pyvenv.cfg")) {
    walk.folders.set(folder.path, "skipped");
    return [];
  }
  walk.folders.set(folder.path, "walked");
  const names: string[] = [];
  const below: { path: string; depth: number }[] = [];
  for (const entry of entries) {
    if (++walk.entries > maxEntries) walk.full = true;
    if (walk.full) break;
    const path = folder.path === "" ? entry.name : `${folder.path}/${entry.name}`;
    if (entry.isDirectory()) {
      if (isSkipped(walk, { path, name: entry.name, depth: folder.depth })) walk.folders.set(path, "skipped");
      else below.push({ path, depth: folder.depth + 1 });
    } else if (entry.isFile()) {
      names.push(entry.name);
      if (isWanted(path, entry.name, folder.path)) addFile(walk, path);
    } else if (entry.isSymbolicLink() && !entry.name.startsWith(".")) {
      visitLink(walk, path, names);
    }
  }
  walk.names.set(folder.path, names);
  return below.reverse();
}

function listFolder(walk: Walk, path: string) {
  try {
    const entries = readdirSync(`${walk.root}/${path}`, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    walk.findings.push({
      path: path === "" ? "." : path,
      line: null,
      message: "The folder cannot be read. Check its permissions.",
    });
    return undefined;
  }
}

function isSkipped(walk: Walk, folder: { path: string; name: string; depth: number }): boolean {
  // At the root it may hold the template of the playbook itself.
  const generated = folder.depth === 0 && folder.name === generatedFolder;
  if (folder.name.startsWith(".") || (skippedFolders.has(folder.name) && !generated)) return true;
  if (folder.depth < maxDepth) return false;
  walk.findings.push({
    path: folder.path,
    line: null,
    message: `It is more than ${maxDepth} folders deep and was not read.`,
  });
  return true;
}

function isWanted(path: string, name: string, folder: string): boolean {
  if (name.startsWith(".")) return false;
  return (
    yamlName.test(name) || inventoryName.test(name) || (inventoryFolder.test(folder) && !name.includes("."))
  );
}

function addFile(walk: Walk, path: string): void {
  const stat = lstatSync(`${walk.root}/${path}`, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return;
  if (walk.files.size >= maxFiles) {
    walk.full = true;
    return;
  }
  walk.files.set(path, {
    path,
    size: stat.size,
    mtimeMs: stat.mtimeMs,
    ctimeMs: stat.ctimeMs,
    inode: stat.ino,
    executable: (stat.mode & 0o111) !== 0,
  });
}

/* A link inside the root names something that is found at its own place too; it is only followed when a playbook uses it. */
function visitLink(walk: Walk, path: string, names: string[]): void {
  const target = insideTarget(walk.root, path);
  if (target === undefined) {
    const message = "The link leads out of the repository, or nowhere; it was not followed.";
    walk.findings.push({ path, line: null, message });
    return;
  }
  if (statSync(target, { throwIfNoEntry: false })?.isDirectory() === true) walk.folders.set(path, "linked");
  else names.push(path.slice(path.lastIndexOf("/") + 1));
}

function insideTarget(root: string, path: string): string | undefined {
  try {
    const target = realpathSync(join(root, path));
    const inside = relative(root, target);
    return inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep) ? undefined : target;
  } catch {
    return undefined;
  }
}
