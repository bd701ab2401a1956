import type { UnitVariable } from "../../contracts/catalogue.ts";
import type { ArgumentFacts, EntryPointFacts, FileFacts, RoleUse, TaskFacts } from "./facts.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { resolveInside } from "./paths.ts";

/** A role whose folder is in the repository. */
export interface Role {
  name: string;
  /** Relative to the root. */
  folder: string;
}

/** Finds roles the way Ansible would for a playbook in `playbookFolder`. */
export interface RoleFinder {
  find(name: string): Role | undefined;
}

export function createRoleFinder(options: {
  store: FileStore;
  playbookFolder: string;
  project: string;
  rolesPaths: readonly string[];
}): RoleFinder {
  const { store, playbookFolder, project, rolesPaths } = options;
  const searched = [
    resolveInside(playbookFolder, "roles"),
    ...rolesPaths,
    playbookFolder,
    resolveInside(project, "roles"),
  ].filter((folder) => folder !== undefined);
  const known = new Map<string, Role | undefined>();
  const look = (name: string): Role | undefined => {
    for (const folder of [
      ...searched.map((place) => resolveInside(place, name)),
      ...collectionFolders(name),
    ]) {
      if (folder !== undefined && folder !== "" && store.hasFolder(folder)) return { name, folder };
    }
    return undefined;
  };
  const collectionFolders = (name: string): (string | undefined)[] => {
    const parts = /^([A-Za-z_]\w*)\.([A-Za-z_]\w*)\.([\w.-]+)$/.exec(name);
    if (parts === null) return [];
    const inside = `collections/ansible_collections/${parts[1]}/${parts[2]}/roles/${parts[3]}`;
    return [resolveInside(playbookFolder, inside), resolveInside(project, inside)];
  };
  return {
    find(name) {
      if (!known.has(name)) known.set(name, look(name));
      return known.get(name);
    },
  };
}

/** The file of a role's part (`tasks`, `defaults`, `meta`, …), with or without ending, or undefined. */
export function roleFile(
  store: FileStore,
  role: Role,
  part: { part: string; from: string },
): ReadFile | undefined {
  const endings = /\.ya?ml$/.test(part.from) ? [""] : [".yml", ".yaml", ""];
  for (const ending of endings) {
    const path = resolveInside(`${role.folder}/${part.part}`, `${part.from}${ending}`);
    const file = path === undefined ? undefined : store.find(path);
    if (file !== undefined) return file;
  }
  return undefined;
}

export function tasksOf(facts: FileFacts | undefined): TaskFacts[] {
  return facts?.kind === "tasks" || facts?.kind === "handlers" ? facts.tasks : [];
}

/** The handlers of a role, and the file that has them; asked for again by every play that the role is in. */
export const roleHandlers = oncePerRole((store, role): { path: string; tasks: readonly TaskFacts[] } => {
  const folder = `${role.folder}/handlers`;
  const file = store.hasFolder(folder)
    ? roleFile(store, role, { part: "handlers", from: "main" })
    : undefined;
  return { path: file?.path ?? folder, tasks: tasksOf(file?.facts) };
});

/** What a role's `meta` says. */
export interface RoleMeta {
  /** Of the file that says it; the role's folder when there is none. */
  readonly path: string;
  /** The roles before it. */
  readonly dependencies: readonly RoleUse[];
  /** Where its arguments are checked. */
  readonly entryPoints: readonly { path: string; entry: EntryPointFacts }[];
  readonly description: string | null;
  /** What its arguments are; those in a file of their own count before those of `main`. */
  readonly arguments: readonly ArgumentFacts[];
}

/** What a role's `meta` says; asked for again by every unit that the role is in. */
export const metaOf = oncePerRole((store, role): RoleMeta => {
  const nothing = { path: role.folder, dependencies: [], entryPoints: [], description: null, arguments: [] };
  // Most roles have none, and six names would be tried.
  if (!store.hasFolder(`${role.folder}/meta`)) return nothing;
  const main = roleFile(store, role, { part: "meta", from: "main" });
  const specs = roleFile(store, role, { part: "meta", from: "argument_specs" });
  const read = [specs, main].flatMap((file) =>
    file?.facts.kind === "role-meta" ? [{ path: file.path, facts: file.facts }] : [],
  );
  return {
    path: main?.path ?? role.folder,
    dependencies: main?.facts.kind === "role-meta" ? main.facts.dependencies : [],
    entryPoints: read.flatMap(({ path, facts }) => facts.entryPoints.map((entry) => ({ path, entry }))),
    description: main?.facts.kind === "role-meta" ? main.facts.description : null,
    arguments: read.toReversed().flatMap(({ facts }) => facts.arguments),
  };
});

/** Default variables of a role: `defaults/main.yml`, or all files of `defaults/main/`. */
export const roleDefaults = oncePerRole((store, role): UnitVariable[][] => {
  const single = roleFile(store, role, { part: "defaults", from: "main" });
  const folder = `${role.folder}/defaults/main`;
  const files =
    single === undefined ? store.namesIn(folder).map((name) => store.find(`${folder}/${name}`)) : [single];
  return files.flatMap((file) => (file?.facts.kind === "variables" ? [file.facts.variables] : []));
});

/* A store answers the same as long as it lives, which is one reading. */
function oncePerRole<Answer>(
  make: (store: FileStore, role: Role) => Answer,
): (store: FileStore, role: Role) => Answer {
  const stores = new WeakMap<FileStore, Map<string, Answer>>();
  return (store, role) => {
    let known = stores.get(store);
    if (known === undefined) stores.set(store, (known = new Map()));
    let answer = known.get(role.folder);
    if (answer === undefined) known.set(role.folder, (answer = make(store, role)));
    return answer;
  };
}
