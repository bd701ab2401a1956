import type { SecretDeclaration, UnitVariable } from "../../contracts/catalogue.ts";
import type { ArgumentFacts, PlayFacts, PromptFacts, VariableFacts } from "./facts.ts";
import type { FileStore, ReadFile } from "./file-store.ts";
import { folderOf, resolveInside } from "./paths.ts";
import type { Project } from "./projects.ts";
import type { Role } from "./roles.ts";
import { roleDefaults, roleFile } from "./roles.ts";

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
  const addAll = (path: string, variables: readonly VariableFacts[]) => {
    for (const variable of givenIn(path, variables)) add(variable);
  };
  for (const role of roles) {
    for (const { file, variables } of roleDefaults(store, role)) addAll(file.path, variables);
  }
  for (const file of groupVarsForAll(sources)) addAll(file.path, variablesOf(file));
  for (const { file, play } of plays) {
    addAll(file, play.vars);
    for (const path of play.varsFiles) {
      const read = findVarsFile(store, file, path);
      if (read !== undefined) addAll(read.path, variablesOf(read));
    }
    for (const prompt of play.prompts) add(prompted(file, prompt));
  }
  for (const role of roles) addArguments(add, found, argumentsOf(store, role));
  addRequired(
    add,
    found,
    [...needs].map(([name, source]) => ({ name, source })),
  );
  return [...found.values()];
}

/* Defaults and group_vars are shared by many units: each is made once. */
const made = new WeakMap<readonly VariableFacts[], UnitVariable[]>();

function givenIn(path: string, variables: readonly VariableFacts[]): UnitVariable[] {
  let found = made.get(variables);
  if (found === undefined) {
    found = variables.map((each) => given({ ...each, source: `${path}:${each.line}` }));
    made.set(variables, found);
  }
  return found;
}

function given(variable: { name: string; value: unknown; source: string; vaulted?: true }): UnitVariable {
  const base = { name: variable.name, required: false, source: variable.source };
  if (variable.vaulted === true) return { ...base, encrypted: true };
  return variable.value === undefined
    ? base
    : { ...base, default: variable.value as NonNullable<UnitVariable["default"]> };
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

function prompted(file: string, prompt: PromptFacts): UnitVariable {
  const { name, line, value, required, text } = prompt;
  const source = `${file}:${line}`;
  return {
    ...(required ? { name, required, source } : given({ name, value, source })),
    ...(text === null ? {} : { prompt: text }),
    ...(prompt.private ? { private: true } : {}),
  };
}

/** What plays ask for and hide: secrets, which Chiffon gives to the run as it gives those that a comment names. */
export function promptedSecrets(plays: readonly { prompts: readonly PromptFacts[] }[]): SecretDeclaration[] {
  return plays.flatMap(({ prompts }) =>
    prompts.flatMap((prompt): SecretDeclaration[] => {
      const { name, text } = prompt;
      if (!prompt.private || !prompt.required || !/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) return [];
      return [{ name, generate: null, ...(text === null ? {} : { prompt: text }) }];
    }),
  );
}

/** Says of variables what argument_specs say; a required one that has no value anywhere has to be given. */
function addArguments(
  add: (variable: UnitVariable) => void,
  found: ReadonlyMap<string, UnitVariable>,
  specs: readonly { path: string; argument: ArgumentFacts }[],
): void {
  for (const { path, argument } of specs) {
    const { name, line, required, type, choices, description } = argument;
    const variable = found.get(name) ?? { name, required, source: `${path}:${line}` };
    if (!found.has(name) && !required) continue;
    add({
      ...variable,
      ...(type === null ? {} : { type }),
      ...(choices.length === 0 ? {} : { choices }),
      ...(description === null ? {} : { description }),
    });
  }
}

function argumentsOf(store: FileStore, role: Role): { path: string; argument: ArgumentFacts }[] {
  return ["main", "argument_specs"].flatMap((from) => {
    const file = roleFile(store, role, { part: "meta", from });
    if (file?.facts.kind !== "role-meta") return [];
    return file.facts.arguments.map((argument) => ({ path: file.path, argument }));
  });
}

function variablesOf(file: ReadFile): readonly VariableFacts[] {
  return file.facts.kind === "variables" ? file.facts.variables : [];
}

/* Ansible reads group_vars beside the inventory and beside the playbook; the playbook's win. */
export function groupVarsForAll(
  sources: Pick<VariableSources, "store" | "project" | "playbook">,
): ReadFile[] {
  const { store, project, playbook } = sources;
  const beside = project.inventories.map((path) => (store.find(path) === undefined ? path : folderOf(path)));
  const folders = [...new Set([...beside, project.folder, folderOf(playbook)])];
  return folders.flatMap((folder) => {
    const all = resolveInside(folder, "group_vars/all");
    if (all === undefined) return [];
    const paths = [all, `${all}.yml`, `${all}.yaml`, ...store.namesIn(all).map((name) => `${all}/${name}`)];
    return paths.map((path) => store.find(path)).filter((file) => file !== undefined);
  });
}

export function findVarsFile(store: FileStore, playbook: string, written: string): ReadFile | undefined {
  for (const folder of [folderOf(playbook), `${folderOf(playbook)}/vars`]) {
    const path = resolveInside(folder, written);
    const file = path === undefined ? undefined : store.find(path);
    if (file !== undefined) return file;
  }
  return undefined;
}
