import { realpathSync } from "node:fs";
import { ChiffonError } from "../../domain/errors.ts";
import type { Catalogue } from "../../contracts/catalogue.ts";
import { createBreather } from "../catalogue/breather.ts";
import { createDiskStore, type FileStore } from "../catalogue/file-store.ts";
import { folderOf } from "../catalogue/paths.ts";
import { rememberedOf, type CatalogueCache } from "../catalogue/read.ts";
import { findClosure, type Closure, type ClosureQuestion } from "./find.ts";
import { areSame, createPlaces, type AskedFolder, type Places } from "./places.ts";

/** Closures of one repository; found once for each state of its files. */
export interface Closures {
  /** @throws ChiffonError `not-found` when playbook, project or inventory is not inside the repository */
  find(question: ClosureQuestion, signal?: AbortSignal): Promise<Closure>;
}

interface Known {
  readonly closure: Closure;
  readonly catalogue: Catalogue | undefined;
  readonly asked: readonly AskedFolder[];
}

const maxKnown = 2_000;

/**
 * @param place.cache the catalogue's: files that it has parsed are not parsed again. A closure counts until the catalogue is
 * another one, or the names in a folder that decided it have changed.
 */
export function createClosures(place: { cache: CatalogueCache; repository: string; root: string }): Closures {
  const known = new Map<string, Known>();
  return {
    async find(question, signal) {
      const root = realRoot(place.root);
      const { files, catalogue } = rememberedOf(place.cache, { repository: place.repository, root });
      const key = JSON.stringify([question.project, question.playbook, question.inventory ?? null]);
      const before = known.get(key);
      if (before !== undefined && before.catalogue === catalogue && areSame(root, before.asked))
        return before.closure;
      const places = createPlaces(root);
      const store = throughPlaces(createDiskStore(root, files), places);
      const tools = { store, places, breather: createBreather(signal) };
      const closure = await findClosure(question, tools);
      if (known.size >= maxKnown) known.clear();
      if (catalogue !== undefined) known.set(key, { closure, catalogue, asked: decisive(places, closure) });
      return closure;
    },
  };
}

/* Whatever appears in a folder that is taken whole is taken along; the files that name others are the catalogue's. */
function decisive(places: Places, closure: Closure): AskedFolder[] {
  const whole = new Set(closure.paths);
  const isTaken = (path: string): boolean => whole.has(path) || (path !== "" && isTaken(folderOf(path)));
  return places.asked().filter(({ path }) => !isTaken(path));
}

/* Most of what is asked for is not there: the names in a folder tell that without a look at the disk. */
function throughPlaces(store: FileStore, places: Places): FileStore {
  return {
    ...store,
    find: (path) => (places.kindOf(path) === "file" ? store.find(path) : undefined),
    hasFolder: (path) => places.kindOf(path) === "folder",
  };
}

function realRoot(root: string): string {
  try {
    return realpathSync.native(root);
  } catch (cause) {
    throw new ChiffonError("not-found", `There is no folder "${root}" to take files from.`, {
      hint: "Check the path of the repository.",
      cause,
    });
  }
}
