import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createBreather, type Breather } from "../catalogue/breather.ts";
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

/** Versions and content of installed collections, each from the first folder that has it. */
export async function findCollections(names: readonly string[], tools: Tools): Promise<CollectionVersion[]> {
  const breather = createBreather();
  const found: CollectionVersion[] = [];
  for (const name of names)
    if (inFull.test(name)) found.push(await findCollection(name, { tools, breather }));
  return found;
}

/** These collections, and those that are installed and that their code takes code from; sorted. */
export async function followImports(names: readonly string[], tools: Tools): Promise<string[]> {
  const breather = createBreather();
  const installed = createInstallation(tools.collections).names();
  const found = new Set(names);
  // What is added while it is walked is walked, too.
  for (const name of found) {
    const folder = inFull.test(name) ? folderOfCollection(name, tools.collections) : undefined;
    if (folder === undefined) continue;
    for (const used of (await readCollection(folder, breather)).uses)
      if (installed.has(used)) found.add(used);
  }
  return [...found].toSorted();
}

async function findCollection(
  name: string,
  { tools, breather }: { tools: Tools; breather: Breather },
): Promise<CollectionVersion> {
  const folder = folderOfCollection(name, tools.collections);
  if (folder === undefined) return { name, version: null };
  const { sha256 } = await readCollection(folder, breather);
  return { name, version: await readVersion(folder), sha256 };
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
