import { ChiffonError } from "../../domain/errors.ts";
import type { Breather } from "../catalogue/breather.ts";
import type { FileStore } from "../catalogue/file-store.ts";
import { folderOf, resolveInside } from "../catalogue/paths.ts";
import { findProjects, projectOf } from "../catalogue/projects.ts";
import type { Restart } from "../catalogue/restarts.ts";
import { addFolder, enterPlaybook, readMentions, under, type Reach, type Walk } from "./follow.ts";
import type { NamedModule } from "./collections.ts";
import type { Places } from "./places.ts";

export interface ClosureQuestion {
  /** Folder of the project inside the repository, `.` for all of it. */
  readonly project: string;
  /** Inside the repository; null for one of Chiffon's own. */
  readonly playbook: string | null;
  readonly inventory?: string | undefined;
}

/** Everything in a repository that a playbook can read. */
export interface Closure {
  /** Files and folders relative to the root, sorted; a folder is meant whole, and nothing stands below another. */
  readonly paths: readonly string[];
  /**
   * Why more than the playbook's own files belong to it: names that only the run decides. The project's whole folder is
   * among `paths` then. Empty when all was found by reading.
   */
  readonly unknown: readonly string[];
  /** What it may touch besides the hosts of its plays, by place. */
  readonly reach: readonly Reach[];
  /** Tasks of it, or of what it may include, that restart a machine. */
  readonly restarts: readonly Restart[];
  /** Collections that it names or lists for short names, sorted. */
  readonly collections: readonly string[];
  /** Modules that its tasks name. */
  readonly modules: readonly NamedModule[];
}

const projectFiles = ["ansible.cfg", "requirements.yml", "requirements.yaml"];
const maxFiles = 60_000;

/**
 * Finds what a playbook can read, by parsing only: imported playbooks, included files, roles with those that they depend on, the
 * folders beside them, the inventory with its variables, and every path that one of these texts names. Where a name is known
 * only at run time, the project's folder is taken whole.
 * @throws ChiffonError `not-found` when playbook, project or inventory is not inside the repository
 */
export async function findClosure(
  question: ClosureQuestion,
  tools: { store: FileStore; places: Places; breather: Breather },
): Promise<Closure> {
  const { store, places, breather } = tools;
  const folder = question.project === "." ? "" : question.project;
  if (places.kindOf(inside(folder, "project")) !== "folder") throw missing(folder, "project");
  const projects = findProjects(store, [folder]);
  const walk: Walk = {
    store,
    places,
    project: projects.get(folder) ?? projectOf(projects, `${folder}/x`),
    paths: new Set(),
    unknown: new Set(),
    playbooks: new Map(),
    roles: new Set(),
    seen: new Set(),
    waiting: [],
    reach: new Map(),
    restarts: new Map(),
    collections: new Set(),
    modules: new Map(),
    inventory: inventoryFolders(question.inventory, places),
  };
  if (question.inventory !== undefined) addInventory(walk, question.inventory);
  if (question.playbook !== null) {
    if (places.kindOf(inside(question.playbook, "playbook")) !== "file")
      throw missing(question.playbook, "playbook");
    for (const name of projectFiles) addIfThere(walk, under(folder, name));
    enterPlaybook(walk, question.playbook, []);
  }
  await readAll(walk, breather);
  if (walk.unknown.size > 0) walk.paths.add(folder);
  return {
    paths: outermost(walk.paths),
    unknown: [...walk.unknown],
    reach: [...walk.reach.values()],
    restarts: [...walk.restarts.values()],
    collections: [...walk.collections].toSorted(),
    modules: [...walk.modules].map(([name, source]) => ({ name, source })),
  };
}

async function readAll(walk: Walk, breather: Breather): Promise<void> {
  while (walk.waiting.length > 0 && walk.seen.size < maxFiles) {
    const next = walk.waiting.pop();
    if (next !== undefined) readMentions(walk, next);
    if (breather.isDue()) await breather.breathe();
  }
  if (walk.waiting.length > 0) walk.unknown.add("it reaches more files than can be followed");
}

function addIfThere(walk: Walk, path: string): void {
  if (walk.places.kindOf(path) === "file") walk.paths.add(path);
}

function inventoryFolders(inventory: string | undefined, places: Places): string[] {
  if (inventory === undefined) return [];
  return [places.kindOf(inventory) === "folder" ? inventory : folderOf(inventory)];
}

/* A single inventory file brings the variables beside it; a folder is taken whole. */
function addInventory(walk: Walk, inventory: string): void {
  const kind = walk.places.kindOf(inside(inventory, "inventory"));
  if (kind === undefined) throw missing(inventory, "inventory");
  if (kind === "folder") return addFolder(walk, inventory, null);
  walk.paths.add(inventory);
  walk.seen.add(inventory);
  walk.waiting.push({ path: inventory, role: null });
  for (const name of ["group_vars", "host_vars"]) {
    addFolder(walk, under(folderOf(inventory), name), null);
  }
}

/* Paths come from plans that a person may have edited: none may lead out of the root. */
function inside(path: string, what: string): string {
  if (path === "" || resolveInside("", path) === path) return path;
  throw missing(path, what);
}

function missing(path: string, what: string): ChiffonError {
  return new ChiffonError("not-found", `There is no ${what} "${path}" inside the repository.`, {
    hint: "It was moved or removed. Refresh the catalogue and ask again.",
  });
}

function outermost(paths: ReadonlySet<string>): string[] {
  if (paths.has("")) return [""];
  const isBelow = (path: string): boolean => {
    for (let folder = folderOf(path); folder !== ""; folder = folderOf(folder))
      if (paths.has(folder)) return true;
    return false;
  };
  return [...paths].filter((path) => !isBelow(path)).toSorted();
}
