import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { AnsibleTools } from "./tools.ts";

export interface CollectionVersion {
  /** `community.docker` */
  readonly name: string;
  /** As its MANIFEST.json says; null when it is not installed. */
  readonly version: string | null;
}

const Manifest = z.object({ collection_info: z.object({ version: z.string().max(100) }) });
const inFull = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;

/** The versions of installed collections, each from the first folder that has it. */
export async function findCollections(
  names: readonly string[],
  tools: Pick<AnsibleTools, "collections">,
): Promise<CollectionVersion[]> {
  const found: CollectionVersion[] = [];
  for (const name of names) {
    if (inFull.test(name)) found.push({ name, version: await findVersion(name, tools.collections) });
  }
  return found;
}

async function findVersion(name: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, "ansible_collections", ...name.split("."), "MANIFEST.json");
    try {
      const manifest = Manifest.safeParse(JSON.parse(await readFile(path, "utf8")));
      // There, without a version that can be read: from a working copy, for example.
      return manifest.success ? manifest.data.collection_info.version : "unknown";
    } catch (error) {
      if (error instanceof SyntaxError) return "unknown";
    }
  }
  return null;
}
