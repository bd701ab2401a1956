import type { UnitVariable } from "../../contracts/catalogue.ts";
import type { PlayFacts } from "./facts.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { folderOf, resolveInside } from "./paths.ts";
import type { Project } from "./projects.ts";
import type { Role } from "./roles.ts";
import { metaOf, roleDefaults } from "./roles.ts";

const maxVariables = 1_000;

/** Everything that a unit's variables are gathered from. */
export interface VariableSources {
  store: FileStore;
  playbook: string;
  project: Project;
  /** Plays with the file that each is written in. */
  plays: readonly { file: string; play: Extract<PlayFacts, { kind: "play" }> }[];
  roles: readonly Role[];
  /** Names that an `assert` wants, with their place. */
  needs: ReadonlyMap<string, string>;
}

/** Variables by rising precedence of Ansible: role defaults, group_vars/all, play vars, vars files, prompts. */
export function gatherVariables(sources: VariableSources): UnitVariable[] {
  const { store, plays, roles, needs } = sources;
  const found = new Map<string, UnitVariable>();
  const add = (variable: UnitVariable) => {
    if (found.size < maxVariables || found.has(variable.name)) found.set(variable.name, variable);
  };
  const addAll = (variables: readonly UnitVariable[]) => {
    for (const variable of variables) add(variable);
  };
  for (const role of roles) roleDefaults(store, role).forEach(addAll);
  groupVarsForAll(sources).forEach(addAll);
  for (const { file, play } of plays) {
    addAll(play.vars);
    for (const path of play.varsFiles) addAll(variablesOf(findVarsFile(store, file, path)));
    addAll(play.prompts);
  }
  for (const role of roles) addRequired(add, found, metaOf(store, role).required);
  addRequired(
    add,
    found,
    [...needs].map(([name, source]) => ({ name, source })),
  );
  return [...found.values()];
}

function addRequired(
  add: (variable: UnitVariable) => void,
  found: ReadonlyMap<string, UnitVariable>,
  wanted: readonly { name: string; source: string }[],
): void {
  for (const { name, source } of wanted) {
    if (!found.has(name)) add({ name, required: true, source });
  }
}

function variablesOf(file: ReadFile | undefined): readonly UnitVariable[] {
  return file?.facts.kind === "variables" ? file.facts.variables : [];
}

/* Ansible reads group_vars beside the inventory and beside the playbook; the playbook's win. */
function groupVarsForAll({
  store,
  project,
  playbook,
}: VariableSources): readonly (readonly UnitVariable[])[] {
  let known = groupVars.get(store);
  if (known === undefined) groupVars.set(store, (known = new Map()));
  const around = `${project.folder}\0${folderOf(playbook)}`;
  let found = known.get(around);
  if (found === undefined) known.set(around, (found = findGroupVars(store, project, folderOf(playbook))));
  return found;
}

/* The same for all units of a folder, and the parts of a playbook. */
const groupVars = new WeakMap<FileStore, Map<string, readonly (readonly UnitVariable[])[]>>();

function findGroupVars(
  store: FileStore,
  project: Project,
  playbookFolder: string,
): (readonly UnitVariable[])[] {
  const beside = project.inventories.map((path) => (store.find(path) === undefined ? path : folderOf(path)));
  const folders = [...new Set([...beside, project.folder, playbookFolder])];
  return folders.flatMap((folder) => {
    const all = resolveInside(folder, "group_vars/all");
    if (all === undefined) return [];
    const paths = [all, `${all}.yml`, `${all}.yaml`, ...store.namesIn(all).map((name) => `${all}/${name}`)];
    return paths.map((path) => variablesOf(store.find(path)));
  });
}

function findVarsFile(store: FileStore, playbook: string, written: string): ReadFile | undefined {
  const folder = folderOf(playbook);
  for (const path of [resolveInside(folder, written), resolveInside(folder, `vars/${written}`)]) {
    const file = path === undefined ? undefined : store.find(path);
    if (file !== undefined) return file;
  }
  return undefined;
}
