import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createBreather } from "../catalogue/breather.ts";
import { readCollection } from "./collection-files.ts";
import { createInstallation, folderOfCollection } from "./installation.ts";
import type { AnsibleTools } from "./tools.ts";

export interface CollectionVersion {
  /** `community.docker` */
  readonly name: string;
  /** As its MANIFEST.json says; null when it is not installed. */
  readonly version: string | null;
  /** Over the files that Ansible may take from it; absent when it is not installed. */
  readonly sha256?: string;
}

type Tools = Pick<AnsibleTools, "collections">;

const Manifest = z.object({ collection_info: z.object({ version: z.string().max(100) }) });
const inFull = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;

/**
 * Versions and content of installed collections, each from the first folder that has it; sorted.
 * @param counts tells which of the collections that their code takes code from come along, as far as they are installed; without it
 * none does
 */
export async function findCollections(
  names: readonly string[],
  tools: Tools,
  counts?: (name: string) => boolean,
): Promise<CollectionVersion[]> {
  const breather = createBreather();
  const installed = counts === undefined ? new Set() : createInstallation(tools.collections).names();
  const wanted = new Set(names.filter((name) => inFull.test(name)));
  const found: CollectionVersion[] = [];
  // What is added on the way is looked at, too.
  for (const name of wanted) {
    const folder = folderOfCollection(name, tools.collections);
    const files = folder === undefined ? undefined : await readCollection(folder, breather);
    for (const used of files?.uses ?? [])
      if (installed.has(used) && counts?.(used) === true) wanted.add(used);
    found.push(
      folder === undefined || files === undefined
        ? { name, version: null }
        : { name, version: await readVersion(folder), sha256: files.sha256 },
    );
  }
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/* Without a version that can be read: a working copy, for example. */
async function readVersion(folder: string): Promise<string> {
  try {
    const text = await readFile(join(folder, "MANIFEST.json"), "utf8");
    const manifest = Manifest.safeParse(JSON.parse(text));
    return manifest.success ? manifest.data.collection_info.version : "unknown";
  } catch {
    return "unknown";
  }
}
