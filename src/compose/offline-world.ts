import { basename, isAbsolute, relative, resolve } from "node:path";
import { readCatalogue } from "../ansible/catalogue/read.ts";
import { readInventory } from "../ansible/inventory/read.ts";
import { listOperations } from "../ansible/operations/operations.ts";
import type { Catalogue, Unit } from "../contracts/catalogue.ts";
import type { Intent } from "../contracts/intent.ts";
import { ChiffonError } from "../domain/errors.ts";

/** What the commands without a server match against. */
export interface World {
  readonly units: Unit[];
  readonly operations: Unit[];
  readonly hosts: string[];
  readonly names: string[];
  /** Hosts and groups of the inventory that was named, in lower case; null when none was. */
  readonly inventoryNames: ReadonlySet<string> | null;
}

/** Reads the repositories and, when one is named, the inventory. @throws ChiffonError `not-found` */
export async function readWorld(flags: {
  repos: readonly string[];
  inventory?: string | undefined;
}): Promise<World> {
  const catalogues = await readCatalogues(flags.repos);
  const units = catalogues.flatMap((catalogue) => catalogue.units);
  const operations = listOperations();
  const named = flags.inventory === undefined ? null : await readNamedInventory(flags.inventory, catalogues);
  const found = catalogues.flatMap((catalogue) =>
    catalogue.inventories.flatMap((inventory) => inventory.hosts.map((host) => host.name)),
  );
  return {
    units,
    operations,
    hosts: named ?? [...new Set(found)],
    names: units.flatMap((unit) => [unit.name, ...unit.aliases]),
    inventoryNames:
      named === null ? null : new Set([...named, "all", "localhost"].map((name) => name.toLowerCase())),
  };
}

/** Reads the catalogue of every folder; none of their code runs. */
export async function readCatalogues(repos: readonly string[]): Promise<Catalogue[]> {
  const names = new Set<string>();
  const catalogues: Catalogue[] = [];
  for (const folder of repos) {
    const root = resolve(folder);
    let name = basename(root);
    for (let number = 2; names.has(name); number += 1) name = `${basename(root)}-${number}`;
    names.add(name);
    catalogues.push(await readCatalogue({ repository: name, root }));
  }
  return catalogues;
}

/** Names of hosts and groups of an inventory inside one of the repositories. */
async function readNamedInventory(file: string, catalogues: readonly Catalogue[]): Promise<string[]> {
  for (const { root } of catalogues) {
    for (const from of [resolve(file), resolve(root, file)]) {
      const path = relative(root, from);
      if (path.startsWith("..") || isAbsolute(path)) continue;
      const read = await readInventory({ root, path }).catch((error: unknown) => {
        if (ChiffonError.is(error) && error.code === "not-found") return undefined;
        throw error;
      });
      if (read === undefined) continue;
      const { hosts, groups } = read.inventory;
      return [...new Set([...hosts.map((host) => host.name), ...groups.map((group) => group.name)])];
    }
  }
  throw new ChiffonError("not-found", `There is no inventory "${file}" inside the repository.`, {
    hint: "name a file of the repository given with --repo",
  });
}

/** Hosts of a wish that the named inventory does not have. */
export const strangeHosts = (
  intent: Intent,
  known: ReadonlySet<string> | null,
): { unknownHosts?: string[] } =>
  known === null ? {} : { unknownHosts: intent.hosts.filter((host) => !known.has(host.toLowerCase())) };
