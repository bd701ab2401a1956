import { existsSync, readdirSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { Sha256 } from "../../contracts/vocabulary.ts";

/** Where a snapshot's files lie inside the store. */
export function treePath(root: string, digest: string): string {
  return join(root, "trees", digest);
}

/** Where its canonical list lies. */
export function manifestPath(root: string, digest: string): string {
  return join(root, "manifests", digest);
}

/** Remembers in the store, for all who use it, that a snapshot was taken or received now. */
export function markMade(root: string, digest: string): void {
  const now = new Date();
  utimesSync(manifestPath(root, digest), now, now);
}

/** When a snapshot was taken or received last, in milliseconds since 1970; 0 for one without a list. */
export function madeAt(root: string, digest: string): number {
  return statSync(manifestPath(root, digest), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Digests of the snapshots in the store, sorted. */
export function listDigests(root: string): string[] {
  const folder = join(root, "trees");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => Sha256.safeParse(name).success)
    .sort();
}
