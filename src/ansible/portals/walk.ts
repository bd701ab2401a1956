import { closeSync, constants, fstatSync, openSync, readFileSync, readdirSync } from "node:fs";
import type { Breather } from "../catalogue/breather.ts";
import { maxYamlLength } from "../yaml/load.ts";

const maxFiles = 20_000;
const maxEntries = 400_000;
const maxDepth = 24;
/** Browsers write icons into their exports, so these are larger than anything that is written by hand. */
const maxBookmarks = 8 * maxYamlLength;
const skipped = new Set(["node_modules", "__pycache__", "ansible_collections", "site-packages"]);
const wanted = /\.ya?ml(?:\.j2)?$|\.html?$/i;
const withoutEnding = /(^|\/)(?:group_vars|host_vars|inventory|inventories)(?:\/|$)/;

/** Paths of the files that may hold portals. No link is followed; unreadable folders hold nothing. */
export async function listPortalFiles(root: string, breather: Breather): Promise<string[]> {
  const found: string[] = [];
  const waiting: { path: string; depth: number }[] = [{ path: "", depth: 0 }];
  let entries = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (breather.isDue()) await breather.breathe();
    const below: typeof waiting = [];
    for (const entry of namesIn(`${root}/${folder.path}`)) {
      if (++entries > maxEntries || found.length >= maxFiles) return found;
      const path = folder.path === "" ? entry.name : `${folder.path}/${entry.name}`;
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name) && folder.depth < maxDepth)
          below.push({ path, depth: folder.depth + 1 });
      } else if (entry.isFile() && isWanted(path, folder.path)) found.push(path);
    }
    waiting.push(...below.toReversed());
  }
  return found;
}

const isWanted = (path: string, folder: string): boolean =>
  wanted.test(path) || (withoutEnding.test(folder) && !/\.[^/]*$/.test(path));

function namesIn(folder: string) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    if (entries.some((entry) => entry.name === "pyvenv.cfg")) return [];
    return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/** Text of a regular file that is not too large; undefined otherwise. A pipe in its place must not hang us: O_NONBLOCK. */
export function readPortalFile(root: string, path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    descriptor = openSync(`${root}/${path}`, flags);
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > (/\.html?$/i.test(path) ? maxBookmarks : maxYamlLength))
      return undefined;
    return readFileSync(descriptor, "utf8");
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
