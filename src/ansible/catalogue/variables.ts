import type { SecretDeclaration, UnitVariable } from "../../contracts/catalogue.ts";
import type { ArgumentFacts, PlayFacts } from "./facts.ts";
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
  for (const role of roles) addArguments(add, found, metaOf(store, role).arguments);
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

/** What plays ask for and hide: secrets, which Chiffon gives to the run as it gives those that a comment names. */
export function promptedSecrets(plays: readonly { prompts: readonly UnitVariable[] }[]): SecretDeclaration[] {
  return plays.flatMap(({ prompts }) =>
    prompts.flatMap((each): SecretDeclaration[] => {
      const { name, prompt } = each;
      if (each.private !== true || !each.required || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return [];
      return [{ name, generate: null, ...(prompt === undefined ? {} : { prompt }) }];
    }),
  );
}

/** Says of variables what argument_specs say; a required one that has no value anywhere has to be given. */
function addArguments(
  add: (variable: UnitVariable) => void,
  found: ReadonlyMap<string, UnitVariable>,
  specs: readonly ArgumentFacts[],
): void {
  for (const { name, source, required, type, choices, description } of specs) {
    const variable = found.get(name) ?? { name, required, source };
    if (!found.has(name) && !required) continue;
    add({
      ...variable,
      ...(type === null ? {} : { type }),
      ...(choices.length === 0 ? {} : { choices }),
      ...(description === null ? {} : { description }),
    });
  }
}

function variablesOf(file: ReadFile | undefined): readonly UnitVariable[] {
  return file?.facts.kind === "variables" ? file.facts.variables : [];
}

type Around = Pick<VariableSources, "store" | "project" | "playbook">;

/* Ansible reads group_vars beside the inventory and beside the playbook; the playbook's win. */
function groupVarsForAll({ store, project, playbook }: Around): readonly (readonly UnitVariable[])[] {
  let known = groupVars.get(store);
  if (known === undefined) groupVars.set(store, (known = new Map()));
  const around = `${project.folder}\0${folderOf(playbook)}`;
  let found = known.get(around);
  if (found === undefined)
    known.set(around, (found = groupVarsFiles({ store, project, playbook }).map(variablesOf)));
  return found;
}

/* The same for all units of a folder, and the parts of a playbook. */
const groupVars = new WeakMap<FileStore, Map<string, readonly (readonly UnitVariable[])[]>>();

/** The files of `group_vars/all` beside inventories, project and playbook. */
export function groupVarsFiles({ store, project, playbook }: Around): ReadFile[] {
  const playbookFolder = folderOf(playbook);
  const beside = project.inventories.map((path) => (store.find(path) === undefined ? path : folderOf(path)));
  const folders = [...new Set([...beside, project.folder, playbookFolder])];
  return folders.flatMap((folder) => {
    const all = resolveInside(folder, "group_vars/all");
    if (all === undefined) return [];
    const paths = [all, `${all}.yml`, `${all}.yaml`, ...store.namesIn(all).map((name) => `${all}/${name}`)];
    return paths.map((path) => store.find(path)).filter((file) => file !== undefined);
  });
}

export function findVarsFile(store: FileStore, playbook: string, written: string): ReadFile | undefined {
  const folder = folderOf(playbook);
  for (const path of [resolveInside(folder, written), resolveInside(folder, `vars/${written}`)]) {
    const file = path === undefined ? undefined : store.find(path);
    if (file !== undefined) return file;
  }
  return undefined;
}
