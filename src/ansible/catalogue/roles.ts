import type { EntryPointFacts, FileFacts, RoleUse, TaskFacts, VariableFacts } from "./facts.ts";
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
  return facts?.kind === "tasks" ? facts.tasks : [];
}

/** What a role's `meta` says: the roles before it, and where its arguments are checked. */
export function metaOf(
  store: FileStore,
  role: Role,
): {
  path: string;
  dependencies: RoleUse[];
  entryPoints: { path: string; entry: EntryPointFacts }[];
  description: string | null;
} {
  const main = roleFile(store, role, { part: "meta", from: "main" });
  const specs = roleFile(store, role, { part: "meta", from: "argument_specs" });
  const entryPoints = [specs, main].flatMap((file) =>
    file?.facts.kind === "role-meta"
      ? file.facts.entryPoints.map((entry) => ({ path: file.path, entry }))
      : [],
  );
  const dependencies = main?.facts.kind === "role-meta" ? main.facts.dependencies : [];
  const description = main?.facts.kind === "role-meta" ? main.facts.description : null;
  return { path: main?.path ?? role.folder, dependencies, entryPoints, description };
}

/** Default variables of a role: `defaults/main.yml`, or all files of `defaults/main/`. */
export function roleDefaults(store: FileStore, role: Role): { file: ReadFile; variables: VariableFacts[] }[] {
  const single = roleFile(store, role, { part: "defaults", from: "main" });
  const folder = `${role.folder}/defaults/main`;
  const paths = store.namesIn(folder).map((name) => `${folder}/${name}`);
  const files = single === undefined ? paths.map((path) => store.find(path)) : [single];
  return files.flatMap((file) =>
    file?.facts.kind === "variables" ? [{ file, variables: file.facts.variables }] : [],
  );
}
