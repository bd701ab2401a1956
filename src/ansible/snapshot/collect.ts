import { realpathSync } from "node:fs";
import { join } from "node:path";
import { ChiffonError } from "../../domain/errors.ts";
import type { Breather } from "../catalogue/breather.ts";
import type { FolderListings, Scan } from "./scan.ts";
import { isInside, maxFolders, scanInto } from "./scan.ts";

/** A folder from elsewhere (Chiffon's own operations) and where it goes inside the snapshot. */
export interface Extra {
  from: string;
  to: string;
}

/** A text that Chiffon itself writes into a snapshot. */
export interface OwnFile {
  path: string;
  text: string;
}

/** What a snapshot may hold: files, bytes in all of them, bytes in one. */
export const maxFiles = 20_000;
export const maxBytes = 268_435_456;
export const maxFileBytes = 33_554_432;

export interface CollectOptions {
  root: string;
  paths: readonly string[];
  playbook: string;
  extra?: readonly Extra[] | undefined;
  own?: readonly OwnFile[] | undefined;
  /** The playbook of the repository that `playbook` is made of, where Chiffon wrote it. */
  writtenFrom?: string | undefined;
}

/** Lists what lies at the paths. @throws ChiffonError `not-found` or `too-large` */
export async function collectFiles(
  options: CollectOptions,
  tools: { breather: Breather; listings: FolderListings },
): Promise<Scan> {
  const { root, paths, playbook, extra = [], own = [], writtenFrom } = options;
  const scan: Scan = { files: new Map(), skipped: [], folders: 0 };
  const limits = { maxFiles, ...tools };
  for (const path of paths) await scanInto(scan, { root, start: checkInside(root, path) }, limits);
  for (const each of extra) {
    leaveOut(scan, each.to);
    await scanInto(scan, { root: realpathSync.native(each.from), start: "", as: each.to }, limits);
  }
  if (writtenFrom !== undefined) checkWritten(playbook, checkInside(root, writtenFrom));
  for (const each of own) leaveOut(scan, each.path);
  if (!scan.files.has(playbook) && !own.some((each) => each.path === playbook)) throw missing(playbook);
  checkSizes(scan, own);
  return scan;
}

/* A repository must not be able to put its own files in the place of Chiffon's, or beside them. */
function leaveOut(scan: Scan, folder: string): void {
  for (const path of scan.files.keys()) {
    if (path !== folder && !path.startsWith(`${folder}/`)) continue;
    scan.files.delete(path);
    scan.skipped.push({ path, reason: "this place belongs to Chiffon" });
  }
}

/* It takes no other file's place, and finds what it names where the playbook that it is made of does. */
function checkWritten(playbook: string, from: string): void {
  const folder = from.slice(0, from.lastIndexOf("/") + 1);
  const name = playbook.startsWith(folder) ? playbook.slice(folder.length) : "";
  if (!/^\.chiffon-[A-Za-z0-9_-]+\.yml$/.test(name)) throw missing(playbook);
}

/* Paths come from plans that a person may have edited: each must lie inside the root, links resolved. */
function checkInside(root: string, path: string): string {
  try {
    const real = realpathSync.native(join(root, path));
    if (!path.startsWith("/") && isInside(root, real)) return path;
  } catch {
    // Said below: what leads out and what is not there look the same to the caller.
  }
  throw missing(path);
}

function missing(path: string): ChiffonError {
  return new ChiffonError("not-found", `There is no "${path}" inside the repository.`, {
    hint: "It was moved or removed. Refresh the catalogue and ask again.",
  });
}

function checkSizes(scan: Scan, own: readonly OwnFile[]): void {
  const files = [
    ...[...scan.files.values()].map(({ path, stat }) => ({ path, size: stat.size })),
    ...own.map(({ path, text }) => ({ path, size: Buffer.byteLength(text) })),
  ];
  const biggest = [...files].sort((a, b) => b.size - a.size).slice(0, 3);
  const names = biggest.map((file) => `${file.path} (${mebibytes(file.size)})`).join(", ");
  const hint =
    "Keep large files out of the project (fetch them on the host), or point Chiffon at a smaller folder.";
  if (scan.folders > maxFolders) {
    throw new ChiffonError("too-large", `It needs more than ${maxFolders} folders, links counted.`, {
      hint,
    });
  }
  if (files.length > maxFiles) {
    throw new ChiffonError("too-large", `It needs more than ${maxFiles} files. The biggest are ${names}.`, {
      hint,
    });
  }
  if ((biggest[0]?.size ?? 0) > maxFileBytes) {
    throw new ChiffonError("too-large", `A file is larger than ${mebibytes(maxFileBytes)}: ${names}.`, {
      hint,
    });
  }
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > maxBytes) {
    const message = `It needs ${mebibytes(total)}, more than ${mebibytes(maxBytes)}. The biggest are ${names}.`;
    throw new ChiffonError("too-large", message, { hint });
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MiB`;
}
