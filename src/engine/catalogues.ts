import { posix } from "node:path";
import {
  createCatalogueCache,
  foldersOf,
  isSeenByFolders,
  readCatalogue,
  rememberedOf,
  type CatalogueCache,
} from "../ansible/catalogue/read.ts";
import { createClosures, type Closures } from "../ansible/closure/closures.ts";
import type { Closure, ClosureQuestion } from "../ansible/closure/find.ts";
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
  read(signal?: AbortSignal): Promise<readonly ReadRepository[]>;
  /** From now on `isQuiet` is asked before a reading whether the last one still holds: then nothing is read. */
  spareReadings(isQuiet: () => Promise<boolean>): void;
  /** Whether a watch of {@link folders} sees every change of what was read last. */
  readonly isSeenByFolders: boolean;
  /** A file of these that the last reading knows with another content: then what it says is not about these files. */
  findOther(repository: Repository, files: readonly FileDigest[]): string | undefined;
  /** The files that a playbook of a repository can read. */
  closure(repository: Repository, question: ClosureQuestion): Promise<Closure>;
  /** Absolute paths of the folders that were looked into when they were last read. */
  folders(): string[];
  /** As served now: repositories may come and go while the server runs. */
  readonly repositories: readonly Repository[];
}

type FileDigest = { readonly path: string; readonly sha256: string };

export interface ReadRepository {
  readonly repository: Repository;
  readonly catalogue: Catalogue;
  /** Why nothing of it can be read now; absent when it can. */
  readonly problem?: string;
}

/** @param served the repositories, or what gives those of the moment */
export function createCatalogues(
  served: readonly Repository[] | { list(): readonly Repository[] },
): Catalogues {
  const list = (): readonly Repository[] => ("list" in served ? served.list() : served);
  const caches = new Map<string, Remembered>();
  let last: { at: number; served: readonly Repository[]; read: readonly ReadRepository[] } | undefined;
  let readings = 0;
  let isQuiet = (): Promise<boolean> => Promise.resolve(false);
  return {
    spareReadings(ask) {
      isQuiet = ask;
    },
    get isSeenByFolders() {
      return [...caches.values()].every(({ cache }) => isSeenByFolders(cache));
    },
    findOther(repository, files) {
      const { cache } = remember(repository, caches);
      const { files: known } = rememberedOf(cache, { repository: repository.name, root: repository.root });
      return files.find(({ path, sha256 }) => (known.get(path)?.sha256 ?? sha256) !== sha256)?.path;
    },
    async closure(repository, question) {
      return await remember(repository, caches).closures.find(question);
    },
    get repositories() {
      return list();
    },
    folders: () => [...caches.values()].flatMap(({ cache }) => foldersOf(cache)),
    async read(signal) {
      const now = list();
      if (last !== undefined && isSameList(last.served, now) && (await isQuiet())) return last.read;
      const at = ++readings;
      const keys = new Set(now.map(keyOf));
      for (const key of caches.keys()) if (!keys.has(key)) caches.delete(key);
      const read = await Promise.all(now.map((repository) => readOne(repository, caches, signal)));
      // One that began earlier may end later; it is not the newest.
      if (last === undefined || at > last.at) last = { at, served: now, read };
      return read;
    },
  };
}

function isSameList(a: readonly Repository[], b: readonly Repository[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}

interface Remembered {
  readonly cache: CatalogueCache;
  readonly closures: Closures;
}

function remember({ name, root }: Repository, caches: Map<string, Remembered>): Remembered {
  const key = keyOf({ name, root });
  const known = caches.get(key);
  if (known !== undefined) return known;
  const cache = createCatalogueCache();
  const made = { cache, closures: createClosures({ cache, repository: name, root }) };
  caches.set(key, made);
  return made;
}

const keyOf = ({ name, root }: Pick<Repository, "name" | "root">): string => `${name}\0${root}`;

async function readOne(
  repository: Repository,
  caches: Map<string, Remembered>,
  signal: AbortSignal | undefined,
): Promise<ReadRepository> {
  const { name, root } = repository;
  const { cache } = remember(repository, caches);
  try {
    const catalogue = await readCatalogue({ repository: name, root, cache, ...(signal ? { signal } : {}) });
    return { repository, catalogue };
  } catch (error) {
    // A folder that is gone for the moment must not take the other repositories along.
    if (!ChiffonError.is(error) || error.code !== "not-found") throw error;
    const findings = [{ path: ".", line: null, message: error.message }];
    const catalogue = { repository: name, root, units: [], inventories: [], findings };
    return { repository, catalogue, problem: error.message };
  }
}

/**
 * The inventory for a unit: the configured one, else the one of the unit's project or of a folder around it, never that of another
 * project. Without a unit the first of the repository.
 */
export function findInventory(
  read: ReadRepository,
  unit: Pick<Unit, "project"> | undefined,
): Inventory | undefined {
  const { inventories } = read.catalogue;
  const wanted = read.repository.inventory;
  if (wanted !== null) return inventories.find((each) => each.path === wanted);
  const [only, another] = inventories;
  if (another === undefined) return only;
  const isFixed = (each: Inventory) => !each.dynamic && each.hosts.length > 0;
  if (unit === undefined) return inventories.find(isFixed) ?? only;
  const projects = new Set(read.catalogue.units.map((each) => each.project));
  for (let folder = unit.project; ; folder = posix.dirname(folder)) {
    const own = inventories.filter((each) => projectOf(each.path, projects) === folder);
    // Its own hosts, even when only a program knows them.
    const found = own.find(isFixed) ?? own[0];
    if (found !== undefined || folder === ".") return found;
  }
}

/** The innermost of these folders that a file lies in. */
function projectOf(path: string, projects: ReadonlySet<string>): string {
  let folder = posix.dirname(path);
  while (folder !== "." && !projects.has(folder)) folder = posix.dirname(folder);
  return folder;
}

export function getRepository(catalogues: Pick<Catalogues, "repositories">, name: string): Repository {
  const found = catalogues.repositories.find((each) => each.name === name);
  if (!found)
    throw new ChiffonError("not-found", `the repository ${name} is not configured any more`, {
      hint: "add it again (chiffon repo add), or ask again",
    });
  return found;
}
