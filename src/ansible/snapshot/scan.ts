import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { Dirent, Stats } from "node:fs";
import { join, relative, sep } from "node:path";
import type { Breather } from "../catalogue/breather.ts";

/** A regular file that belongs into a snapshot. `path` is where it goes, `source` where it is read (links resolved). */
export interface ScannedFile {
  path: string;
  source: string;
  stat: Stats;
}

export interface Skipped {
  path: string;
  reason: string;
}

export interface Scan {
  files: Map<string, ScannedFile>;
  skipped: Skipped[];
}

/** What no run needs: history, dependencies of other programs, environments, leftovers of Ansible. */
const skippedFolders = new Set([".git", "node_modules", "__pycache__", ".terraform", ".vagrant"]);
const maxDepth = 40;

/**
 * Lists what lies under `start` (a file or folder, relative to `root`), links resolved: inside the root they count as what
 * they point to, elsewhere they are skipped. Reads no content.
 */
export async function scanInto(
  scan: Scan,
  place: { root: string; start: string; as?: string },
  limits: { maxFiles: number; breather: Breather },
): Promise<void> {
  const walk: Walk = { scan, root: place.root, limits, around: [] };
  await visit(walk, { source: join(place.root, place.start), path: place.as ?? place.start });
}

interface Walk {
  scan: Scan;
  root: string;
  limits: { maxFiles: number; breather: Breather };
  /** Real folders that are being walked: a link to one of them would never end. */
  around: string[];
}

interface Place {
  source: string;
  path: string;
}

async function visit(walk: Walk, place: Place): Promise<void> {
  const { scan } = walk;
  if (scan.files.has(place.path)) return;
  const stat = lstatSync(place.source, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (stat.isSymbolicLink()) await visitLink(walk, place);
  else if (stat.isDirectory()) await visitFolder(walk, place);
  else if (stat.isFile()) addFile(walk, { ...place, stat });
  else scan.skipped.push({ path: place.path, reason: "it is neither a file nor a folder" });
}

async function visitLink(walk: Walk, place: Place): Promise<void> {
  const target = targetInside(walk.root, place.source);
  if (target === undefined) {
    walk.scan.skipped.push({ path: place.path, reason: "the link leads out of the repository, or nowhere" });
    return;
  }
  if (walk.around.includes(target)) {
    walk.scan.skipped.push({ path: place.path, reason: "the link leads to a folder around itself" });
    return;
  }
  const stat = statSync(target, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true) await visitFolder(walk, { source: target, path: place.path });
  else if (stat?.isFile() === true) addFile(walk, { source: target, path: place.path, stat });
  else walk.scan.skipped.push({ path: place.path, reason: "the link leads to neither a file nor a folder" });
}

async function visitFolder(walk: Walk, place: Place): Promise<void> {
  const { scan, limits } = walk;
  const entries = list(place.source);
  if (entries === undefined) {
    scan.skipped.push({ path: place.path, reason: "the folder cannot be read" });
    return;
  }
  if (entries.some((entry) => entry.name === "pyvenv.cfg") || walk.around.length >= maxDepth) {
    scan.skipped.push({ path: place.path, reason: reasonOf(walk.around.length >= maxDepth) });
    return;
  }
  walk.around.push(realpathSync(place.source));
  for (const entry of entries) {
    if (scan.files.size > limits.maxFiles) break;
    const path = place.path === "" ? entry.name : `${place.path}/${entry.name}`;
    if (entry.name.includes("\uFFFD")) scan.skipped.push({ path, reason: "its name is not UTF-8" });
    else if (isLeftOut(entry)) continue;
    else await visit(walk, { source: join(place.source, entry.name), path });
  }
  walk.around.pop();
  if (limits.breather.isDue()) await limits.breather.breathe();
}

function reasonOf(isTooDeep: boolean): string {
  return isTooDeep ? `it is more than ${maxDepth} folders deep` : "it is a Python environment";
}

function isLeftOut(entry: Dirent): boolean {
  return skippedFolders.has(entry.name) || (entry.isFile() && entry.name.endsWith(".retry"));
}

function list(folder: string): Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return undefined;
  }
}

function addFile(walk: Walk, file: ScannedFile): void {
  walk.scan.files.set(file.path, file);
}

function targetInside(root: string, link: string): string | undefined {
  try {
    const target = realpathSync(link);
    return isInside(root, target) ? target : undefined;
  } catch {
    return undefined;
  }
}

/** True for the root itself and what lies below it; both real paths. */
export function isInside(root: string, path: string): boolean {
  const from = relative(root, path);
  return from !== ".." && !from.startsWith(`..${sep}`) && !from.startsWith(sep);
}
