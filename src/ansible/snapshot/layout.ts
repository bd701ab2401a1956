import { existsSync, readdirSync } from "node:fs";
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

/** Digests of the snapshots in the store, sorted. */
export function listDigests(root: string): string[] {
  const folder = join(root, "trees");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => Sha256.safeParse(name).success)
    .sort();
}
