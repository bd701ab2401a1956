import { lstatSync, readdirSync, type Dirent } from "node:fs";
import type { CatalogueFinding } from "../../contracts/catalogue.ts";
import { none } from "./none.ts";

/** What one folder holds, as far as a catalogue cares. Paths are relative to the root, with `/`. */
export interface Listing {
  /** Names of its regular files, sorted. */
  readonly names: readonly string[];
  /** Paths of the files worth reading, sorted. */
  readonly files: readonly string[];
  /** Paths of folders, sorted: those to be looked into and those left out on purpose. */
  readonly below: readonly string[];
  readonly skipped: readonly string[];
  /** Paths of links. Where one leads is not part of the folder, so it is never remembered. */
  readonly links: readonly string[];
  /** How many entries there are. */
  readonly size: number;
  /** Entries that are refused for what they are or are called. */
  readonly findings: readonly CatalogueFinding[];
}

interface Remembered {
  listing: Listing;
  /** As the folder was before it was listed; undefined after the first time. */
  stat: FolderStat | undefined;
  readAt: number;
}

interface FolderStat {
  readonly device: number;
  readonly inode: number;
  readonly ctimeMs: number;
}

/** Folders of one repository as listed before: one whose inode and change time are the same holds the same names. */
export type FolderMemory = Map<string, Remembered>;

/** A change within the same tick of the file system's clock as our last look would keep the same times: look again. */
export const racyMs = 1_000;

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
/** More are not said of one folder. */
const maxFindings = 1_000;

/**
 * Lists a folder, or answers what is remembered of it; undefined when it cannot be read. The first time asks for no times: who
 * reads a repository once does not pay for a second reading.
 */
export function listFolder(root: string, path: string, memory: FolderMemory): Listing | undefined {
  const place = `${root}/${path}`;
  const known = memory.get(path);
  const stat = known === undefined ? undefined : statOf(place);
  if (known !== undefined && stat !== undefined && isSame(known, stat)) return known.listing;
  const readAt = Date.now();
  try {
    const listing = makeListing(path, readdirSync(place, { withFileTypes: true }));
    memory.set(path, { listing, stat, readAt });
    return listing;
  } catch {
    memory.delete(path);
    return undefined;
  }
}

function statOf(place: string): FolderStat | undefined {
  try {
    const stat = lstatSync(place);
    return stat.isDirectory() ? { device: stat.dev, inode: stat.ino, ctimeMs: stat.ctimeMs } : undefined;
  } catch {
    return undefined;
  }
}

function isSame({ stat: before, readAt }: Remembered, now: FolderStat): boolean {
  return (
    before !== undefined &&
    before.ctimeMs === now.ctimeMs &&
    before.inode === now.inode &&
    before.device === now.device &&
    readAt - now.ctimeMs > racyMs
  );
}

function makeListing(folder: string, entries: Dirent[]): Listing {
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const listing = {
    names: [] as string[],
    files: [] as string[],
    below: [] as string[],
    skipped: [] as string[],
    links: [] as string[],
    size: entries.length,
    findings: [] as CatalogueFinding[],
  };
  const isInventory = inventoryFolder.test(folder);
  for (const entry of entries) {
    const { name } = entry;
    const path = folder === "" ? name : `${folder}/${name}`;
    if (entry.isDirectory()) {
      if (isSkipped(name, folder)) listing.skipped.push(path);
      else if (isRefused(listing, entry, path)) continue;
      else listing.below.push(path);
    } else if (entry.isFile()) {
      const wanted = isWanted(name, isInventory);
      if (wanted && isRefused(listing, entry, path)) continue;
      listing.names.push(name);
      if (wanted) listing.files.push(path);
    } else if (name.startsWith(".")) continue;
    else if (entry.isSymbolicLink()) {
      if (!isRefused(listing, entry, path)) listing.links.push(path);
    } else if (isWanted(name, isInventory)) {
      report(listing, path, "It is a pipe, a socket or a device, not a file, and was not read.");
    }
  }
  return {
    names: kept(listing.names),
    files: kept(listing.files),
    below: kept(listing.below),
    skipped: kept(listing.skipped),
    links: kept(listing.links),
    size: listing.size,
    findings: kept(listing.findings),
  };
}

/* A list that grew holds spare room for a dozen more. */
function kept<Item>(list: Item[]): Item[] {
  return list.length === 0 ? none : list.slice();
}

function isSkipped(name: string, folder: string): boolean {
  // At the root it may hold the template of the playbook itself.
  if (name === generatedFolder && folder === "") return false;
  return name.startsWith(".") || skippedFolders.has(name);
}

function isWanted(name: string, isInventory: boolean): boolean {
  if (name.startsWith(".")) return false;
  return yamlName.test(name) || inventoryName.test(name) || (isInventory && !name.includes("."));
}

/* Controls, line ends, and marks that turn the direction of writing: such a name is not what it looks like. */
const hidden = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

function isRefused(listing: { findings: CatalogueFinding[] }, entry: Dirent, path: string): boolean {
  const wrong = faultOfName(entry.name);
  if (wrong === undefined) return false;
  report(listing, path, `Its name ${wrong}, so it was not read. Rename it.`);
  return true;
}

function report(listing: { findings: CatalogueFinding[] }, path: string, message: string): void {
  if (listing.findings.length < maxFindings)
    listing.findings.push({ path: shownPath(path), line: null, message });
}

function faultOfName(name: string): string | undefined {
  if (name.includes("\uFFFD")) return "is not UTF-8";
  if (name.startsWith("-")) return "begins with a dash, which Ansible takes for an option";
  return name.search(hidden) === -1 ? undefined : "holds characters that cannot be seen";
}

/* Hidden characters are written out: a finding is shown on terminals and pages. */
function shownPath(path: string): string {
  return path.replaceAll(hidden, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
