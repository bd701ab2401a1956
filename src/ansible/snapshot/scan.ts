import { lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import type { Dirent, Stats } from "node:fs";
import { relative, sep } from "node:path";
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
  /** Folders that were entered. */
  folders: number;
}

/** What no run needs: history, dependencies of other programs, environments, leftovers of Ansible. */
const skippedFolders = new Set([".git", "node_modules", "__pycache__", ".terraform", ".vagrant"]);
const maxDepth = 40;
/** Links from folder to folder can make far more paths than there are folders. */
export const maxFolders = 50_000;

/**
 * Lists what lies under `start` (a file or folder, relative to `root`), links resolved: inside the root they count as what
 * they point to, elsewhere they are skipped. Reads no content. Stops a little beyond `maxFiles` or {@link maxFolders}.
 */
export async function scanInto(
  scan: Scan,
  place: { root: string; start: string; as?: string },
  limits: ScanLimits,
): Promise<void> {
  const walk: Walk = { scan, root: place.root, limits, around: [] };
  const source = place.start === "" ? place.root : `${place.root}/${place.start}`;
  await visit(walk, { source, path: place.as ?? place.start });
}

export interface ScanLimits {
  maxFiles: number;
  breather: Breather;
  listings: FolderListings;
}

/** Folders as listed before: one whose inode and change time are the same holds the same names. */
export type FolderListings = Map<string, { ino: number; ctimeMs: number; entries: Dirent[] }>;

interface Walk {
  scan: Scan;
  root: string;
  limits: ScanLimits;
  /** Folders that are being walked, by device and inode: a link to one of them would never end. */
  around: string[];
}

interface Place {
  source: string;
  path: string;
}

/* Only folders are waited for: a promise for each file would cost more than looking at it. */
function visit(walk: Walk, place: Place): Promise<void> | undefined {
  const { scan } = walk;
  if (scan.files.has(place.path)) return undefined;
  const stat = lstatSync(place.source, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (stat.isSymbolicLink()) return visitLink(walk, place);
  if (stat.isDirectory()) return visitFolder(walk, place, stat);
  if (stat.isFile()) scan.files.set(place.path, { ...place, stat });
  else scan.skipped.push({ path: place.path, reason: "it is neither a file nor a folder" });
  return undefined;
}

function visitLink(walk: Walk, place: Place): Promise<void> | undefined {
  const { scan } = walk;
  const skip = (reason: string): undefined => void scan.skipped.push({ path: place.path, reason });
  const target = targetInside(walk.root, place.source);
  const stat = target === undefined ? undefined : statSync(target, { throwIfNoEntry: false });
  if (target === undefined || stat === undefined)
    return skip("the link leads out of the repository, or nowhere");
  if (stat.isFile()) {
    scan.files.set(place.path, { source: target, path: place.path, stat });
    return undefined;
  }
  if (!stat.isDirectory()) return skip("the link leads to neither a file nor a folder");
  if (walk.around.includes(identityOf(stat))) return skip("the link leads to a folder around itself");
  return visitFolder(walk, { source: target, path: place.path }, stat);
}

function identityOf(stat: Stats): string {
  return `${stat.dev}:${stat.ino}`;
}

async function visitFolder(walk: Walk, place: Place, stat: Stats): Promise<void> {
  const { scan, limits } = walk;
  const entries = list(place.source, { stat, listings: limits.listings });
  if (entries === undefined) {
    scan.skipped.push({ path: place.path, reason: "the folder cannot be read" });
    return;
  }
  if (entries.some((entry) => entry.name === "pyvenv.cfg") || walk.around.length >= maxDepth) {
    scan.skipped.push({ path: place.path, reason: reasonOf(walk.around.length >= maxDepth) });
    return;
  }
  walk.around.push(identityOf(stat));
  scan.folders += 1;
  for (const entry of entries) {
    if (scan.files.size > limits.maxFiles || scan.folders > maxFolders) break;
    if (isLeftOut(entry)) continue;
    const path = place.path === "" ? entry.name : `${place.path}/${entry.name}`;
    if (entry.name.includes("\uFFFD")) scan.skipped.push({ path, reason: "its name is not UTF-8" });
    else {
      const below = visit(walk, { source: `${place.source}/${entry.name}`, path });
      if (below !== undefined) await below;
    }
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

/* A change in the same tick as the listing would keep the folder's time, so only times that have passed are trusted. */
const settledMs = 1_000;
const maxListings = 60_000;

function list(folder: string, known: { stat: Stats; listings: FolderListings }): Dirent[] | undefined {
  const { stat, listings } = known;
  const before = listings.get(folder);
  if (before !== undefined && before.ino === stat.ino && before.ctimeMs === stat.ctimeMs)
    return before.entries;
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (listings.size >= maxListings) listings.clear();
    if (Date.now() - stat.ctimeMs > settledMs)
      listings.set(folder, { ino: stat.ino, ctimeMs: stat.ctimeMs, entries });
    return entries;
  } catch {
    return undefined;
  }
}

function targetInside(root: string, link: string): string | undefined {
  try {
    const target = realpathSync.native(link);
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
