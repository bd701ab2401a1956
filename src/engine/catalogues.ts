import { createCatalogueCache, readCatalogue } from "../ansible/catalogue/read.ts";
import type { Catalogue, Inventory, Unit } from "../contracts/catalogue.ts";
import { ChiffonError } from "../domain/errors.ts";

/** A repository as configured. */
export interface Repository {
  /** Short name, unique on this server. */
  readonly name: string;
  /** Absolute path. */
  readonly root: string;
  /** Inventory to use, relative to `root`; null = the first static one that is found. */
  readonly inventory: string | null;
}

export interface Catalogues {
  /** Reads what is there now; what has not changed is not parsed again. */
  read(signal?: AbortSignal): Promise<ReadRepository[]>;
  readonly repositories: readonly Repository[];
}

export interface ReadRepository {
  readonly repository: Repository;
  readonly catalogue: Catalogue;
}

export function createCatalogues(repositories: readonly Repository[]): Catalogues {
  const caches = new Map(repositories.map((each) => [each.name, createCatalogueCache()]));
  return {
    repositories,
    async read(signal) {
      return await Promise.all(
        repositories.map(async (repository) => {
          const cache = caches.get(repository.name);
          const catalogue = await readCatalogue({
            repository: repository.name,
            root: repository.root,
            ...(cache ? { cache } : {}),
            ...(signal ? { signal } : {}),
          });
          return { repository, catalogue };
        }),
      );
    },
  };
}

/** The inventory for a unit: the configured one, else the one of the unit's project, else the first of the repository. */
export function findInventory(
  read: ReadRepository,
  unit: Pick<Unit, "project"> | undefined,
): Inventory | undefined {
  const { inventories } = read.catalogue;
  const wanted = read.repository.inventory;
  if (wanted !== null) return inventories.find((each) => each.path === wanted);
  const fixed = inventories.filter((each) => !each.dynamic && each.hosts.length > 0);
  const inProject = fixed.find((each) => unit !== undefined && isInside(each.path, unit.project));
  return inProject ?? fixed[0] ?? inventories[0];
}

function isInside(path: string, folder: string): boolean {
  return folder === "." || path.startsWith(`${folder}/`);
}

export function getRepository(catalogues: Catalogues, name: string): Repository {
  const found = catalogues.repositories.find((each) => each.name === name);
  if (!found)
    throw new ChiffonError("not-found", `the repository ${name} is not configured any more`, {
      hint: "start Chiffon with --repo DIR for it, or ask again",
    });
  return found;
}
