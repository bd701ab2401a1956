import { readFileSync, watch, type FSWatcher } from "node:fs";
import { basename } from "node:path";
import { createBreather } from "./breather.ts";

/** Watches folders, each by itself: a watch for whole trees would also take one of the system for every file. */
export interface FolderWatch extends Disposable {
  /**
   * Watches exactly these folders from now on (absolute paths). `added`: how many were not watched before, so that a change may
   * have been missed there. `complete`: false where the system, or the limit of this watch, does not allow all of them; then
   * none is watched. One call at a time.
   */
  follow(folders: readonly string[]): Promise<{ added: number; complete: boolean }>;
  /** How many folders are watched now. */
  readonly size: number;
}

/**
 * Each costs this process about 1 KB, and the system a watch out of a number that all programs of the user share: a quarter of
 * them, where the system tells how many there are.
 */
const most = 32_768;
const usual = 8_192;

function maxFolders(): number {
  try {
    const shared = Number(readFileSync("/proc/sys/fs/inotify/max_user_watches", "utf8"));
    return Math.min(most, Math.floor(shared / 4));
  } catch {
    return usual;
  }
}

/** @param onChange told for every change; changes come in bursts */
export function createFolderWatch(
  onChange: () => void,
  options: { readonly max?: number; readonly open?: typeof watch } = {},
): FolderWatch {
  const { max = maxFolders(), open = watch } = options;
  const watchers = new Map<string, FSWatcher>();
  const drop = (folder: string): void => {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  };
  const dropAll = (): void => {
    for (const folder of watchers.keys()) drop(folder);
  };
  /* Another folder may take the place of one that went: its watch would still be with the old one. */
  const forget = (path: string): void => {
    if (!watchers.has(path)) return;
    for (const folder of watchers.keys()) if (folder === path || folder.startsWith(`${path}/`)) drop(folder);
  };
  const hear = (folder: string, event: string, name: string | null): void => {
    if (event === "rename" && name !== null) {
      forget(`${folder}/${name}`);
      // A folder that goes itself says so with its own name.
      if (name === basename(folder)) forget(folder);
    }
    // Editors and git write hidden files that no catalogue reads.
    if (name === null || !name.startsWith(".")) onChange();
  };
  const add = (folder: string): boolean => {
    try {
      // The process may end although it watches.
      const watcher = open(folder, { persistent: false }, (event, name) => hear(folder, event, name));
      watcher.on("error", () => {
        drop(folder);
        onChange();
      });
      watchers.set(folder, watcher);
      return true;
    } catch (error) {
      // Gone meanwhile: what made it go is a change of the folder around it.
      return isGone(error);
    }
  };
  return {
    async follow(folders) {
      const wanted = new Set(folders);
      if (wanted.size > max) {
        dropAll();
        return { added: 0, complete: false };
      }
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
      const breather = createBreather();
      let added = 0;
      for (const folder of wanted) {
        if (watchers.has(folder)) continue;
        if (!add(folder)) {
          dropAll();
          return { added: 0, complete: false };
        }
        if (watchers.has(folder)) added += 1;
        if (breather.isDue()) await breather.breathe();
      }
      return { added, complete: true };
    },
    get size() {
      return watchers.size;
    },
    [Symbol.dispose]: dropAll,
  };
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
