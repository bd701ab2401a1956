import { watch, type FSWatcher } from "node:fs";
import { basename } from "node:path";

/** Watches folders, each by itself: a watch for whole trees would also take one of the system for every file. */
export interface FolderWatch extends Disposable {
  /**
   * Watches exactly these folders from now on (absolute paths). `added`: how many were not watched before, so that a change may
   * have been missed there. `complete`: false where the system, or the limit of this watch, does not allow all of them; then
   * none is watched.
   */
  follow(folders: readonly string[]): { added: number; complete: boolean };
  /** How many folders are watched now. */
  readonly size: number;
}

/** Each costs the system a watch out of a number that all programs of the user share, and this process about 1 KB. */
const maxFolders = 8_192;

/** @param onChange told for every change; changes come in bursts */
export function createFolderWatch(
  onChange: () => void,
  options: { readonly max?: number; readonly open?: typeof watch } = {},
): FolderWatch {
  const { max = maxFolders, open = watch } = options;
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
    follow(folders) {
      const wanted = new Set(folders);
      if (wanted.size > max) {
        dropAll();
        return { added: 0, complete: false };
      }
      for (const folder of watchers.keys()) if (!wanted.has(folder)) drop(folder);
      const before = watchers.size;
      for (const folder of wanted) {
        if (watchers.has(folder) || add(folder)) continue;
        dropAll();
        return { added: 0, complete: false };
      }
      return { added: watchers.size - before, complete: true };
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
