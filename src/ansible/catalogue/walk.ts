import { realpathSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { CatalogueFinding } from "../../contracts/catalogue.ts";
import type { Breather } from "./breather.ts";
import { listFolder, type FolderMemory } from "./folders.ts";

/** How much is known of a folder: its content was listed, was left out on purpose, or is behind a link inside the root. */
export type FolderState = "walked" | "skipped" | "linked";

/** Paths are relative to the root, with `/`. */
export interface Walked {
  /** Regular files worth reading. */
  files: Set<string>;
  folders: Map<string, FolderState>;
  /** Names of the regular files in each walked folder. */
  names: Map<string, readonly string[]>;
  findings: CatalogueFinding[];
}

export const maxFiles = 20_000;
const maxEntries = 400_000;
const maxDepth = 24;

interface Walk extends Walked {
  root: string;
  memory: FolderMemory;
  entries: number;
  full: boolean;
}

interface Place {
  path: string;
  depth: number;
}

/** Lists the files of a repository that a catalogue needs. Follows no link out of the root; reads no content. */
export async function walkRepository(
  root: string,
  options: { breather: Breather; memory?: FolderMemory },
): Promise<Walked> {
  const { breather, memory = new Map() } = options;
  const walk: Walk = {
    root,
    memory,
    files: new Set(),
    folders: new Map(),
    names: new Map(),
    findings: [],
    entries: 0,
    full: false,
  };
  const waiting: Place[] = [{ path: "", depth: 0 }];
  for (let folder = waiting.pop(); folder !== undefined && !walk.full; folder = waiting.pop()) {
    visitFolder(walk, folder, waiting);
    if (breather.isDue()) await breather.breathe();
  }
  if (walk.full) {
    const message = `There are more than ${maxFiles} files; the rest was not read. Point Chiffon at the folder with the playbooks.`;
    walk.findings.push({ path: ".", line: null, message });
  }
  for (const path of memory.keys()) if (!walk.folders.has(path)) memory.delete(path);
  return walk;
}

function visitFolder(walk: Walk, folder: Place, waiting: Place[]): void {
  const listing = listFolder(walk.root, folder.path, walk.memory);
  if (listing === undefined) {
    const message = "The folder cannot be read. Check its permissions.";
    walk.findings.push({ path: folder.path === "" ? "." : folder.path, line: null, message });
    return;
  }
  if (listing.names.includes("pyvenv.cfg")) {
    walk.folders.set(folder.path, "skipped");
    return;
  }
  walk.folders.set(folder.path, "walked");
  for (const finding of listing.findings) walk.findings.push(finding);
  walk.entries += listing.size;
  if (walk.entries > maxEntries) walk.full = true;
  for (const path of listing.files) {
    if (walk.files.size >= maxFiles) walk.full = true;
    else walk.files.add(path);
  }
  for (const path of listing.skipped) walk.folders.set(path, "skipped");
  enterFolders(walk, { below: listing.below, depth: folder.depth }, waiting);
  walk.names.set(folder.path, listing.links.length === 0 ? listing.names : followLinks(walk, listing));
}

function enterFolders(walk: Walk, from: { below: readonly string[]; depth: number }, waiting: Place[]): void {
  const isDeep = from.depth >= maxDepth;
  for (const path of from.below.toReversed()) {
    if (!isDeep) {
      waiting.push({ path, depth: from.depth + 1 });
      continue;
    }
    walk.folders.set(path, "skipped");
    const message = `It is more than ${maxDepth} folders deep and was not read.`;
    walk.findings.push({ path, line: null, message });
  }
}

/*
 * A link inside the root names something that is found at its own place too; it is only followed when a playbook uses it.
 * Answers the names of the folder's files, those behind links among them.
 */
function followLinks(
  walk: Walk,
  listing: { names: readonly string[]; links: readonly string[] },
): readonly string[] {
  const names = [...listing.names];
  for (const path of listing.links) {
    const target = targetInside(walk.root, path);
    if (target === undefined) {
      const message = "The link leads out of the repository, or nowhere; it was not followed.";
      walk.findings.push({ path, line: null, message });
    } else if (target === "folder") walk.folders.set(path, "linked");
    else names.push(path.slice(path.lastIndexOf("/") + 1));
  }
  return names.sort();
}

function targetInside(root: string, path: string): "folder" | "file" | undefined {
  try {
    const target = realpathSync.native(join(root, path));
    const inside = relative(root, target);
    if (inside === ".." || inside.startsWith(`..${sep}`) || inside.startsWith(sep)) return undefined;
    return statSync(target).isDirectory() ? "folder" : "file";
  } catch {
    return undefined;
  }
}
