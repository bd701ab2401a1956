import type { ListedPlay, Unit } from "../../contracts/catalogue.ts";
import type { Docs } from "./docs.ts";
import { readDescription } from "./docs.ts";
import type { FileStore } from "./file-store.ts";
import { folderOf, resolveInside } from "./paths.ts";
import { findParts, shortName, type NamedPart } from "./parts.ts";
import type { Project } from "./projects.ts";
import { metaOf, roleFile, tasksOf, type Role, type RoleFinder } from "./roles.ts";
import type { Link } from "./units.ts";
import { gatherVariables } from "./variables.ts";
import { deriveVerbs } from "./verbs.ts";

export interface PartContext {
  readonly store: FileStore;
  readonly project: Project;
  readonly finder: RoleFinder;
  readonly docs: Docs;
  readonly links: readonly Link[];
}

/** The units inside a playbook: what one of its tags or switches runs. */
export function makePartUnits(whole: Unit, context: PartContext): Unit[] {
  const inside = (name: string) => {
    const role = context.finder.find(name);
    return role === undefined ? undefined : tagsInside(context.store, role);
  };
  return findParts(context.links, { inside }).map((part) => makePartUnit(whole, part, context));
}

function tagsInside(store: FileStore, role: Role): string[] {
  const tasks = tasksOf(roleFile(store, role, { part: "tasks", from: "main" })?.facts);
  return [...new Set(tasks.flatMap((task) => task.tags))];
}

function makePartUnit(whole: Unit, part: NamedPart, context: PartContext): Unit {
  const { store, project, finder, docs } = context;
  const role = part.kind === "role" ? finder.find(part.written) : undefined;
  const name = shortName(part.written);
  const vars = gatherVariables({
    store,
    playbook: whole.playbook,
    project,
    plays: [part.link],
    roles: role === undefined ? [] : [role],
    needs: new Map(),
  });
  const names = [part.written, ...part.runTags, ...(role === undefined ? [] : [shortName(role.folder)])];
  // What the whole says of itself does not hold for its parts; a state that belongs to the part does.
  const { wayBack, ...shared } = whole;
  const isOwn = wayBack?.kind === "state" && vars.some((variable) => variable.name === wayBack.variable);
  return {
    ...shared,
    ...(isOwn ? { wayBack } : {}),
    id: `${whole.id}#${part.kind === "role" ? part.written : name}`,
    kind: part.kind,
    name,
    path: role?.folder ?? filePath(part, store) ?? whole.path,
    tags: [...part.runTags],
    enableVar: part.toggle ?? enableVariable(name, vars),
    description: describe({ name, role, docs, store }) ?? "",
    services: [name],
    aliases: [...new Set(names.map(plainTag))].filter((alias) => alias !== name),
    verbs: deriveVerbs(name, []),
    vars,
    secrets: [],
    portals: null,
    choices: [],
    problem: whole.problem ?? problemOf(part, role),
    plays: selectPlays(whole.plays, part),
  };
}

function problemOf(part: NamedPart, role: Role | undefined): string | null {
  if (part.runTags.length === 0 && part.toggle === null && (part.kind === "tasks" || role !== undefined))
    return (
      `${part.link.file} has no way to run ${part.written} without the rest. ` +
      "Give its entry a tag (for an include: with `apply`), or ask for the whole playbook."
    );
  if (part.kind !== "role" || role !== undefined) return null;
  return (
    `The role "${part.written}" is not in the repository. ` +
    "Install it (`ansible-galaxy install -r requirements.yml`, or the repository's own way), then ask again."
  );
}

/* `setup-gitea` names gitea, and what it does is no part of the name. */
const plainTag = (tag: string): string => tag.replace(/^(?:setup|install|deploy|run)[-_]/, "");

function filePath(part: NamedPart, store: FileStore): string | undefined {
  if (part.kind !== "tasks") return undefined;
  const path = resolveInside(folderOf(part.link.file), part.written);
  return path !== undefined && store.find(path) !== undefined ? path : undefined;
}

/** A role that is off by default has a variable of its own that says so. */
function enableVariable(name: string, vars: Unit["vars"]): string | null {
  const plain = name.replaceAll(/[-.]/g, "_").toLowerCase();
  const wanted = new RegExp(`^${RegExp.escape(plain)}_(?:enabled?|install(?:ed)?|available)$`);
  const found = vars.find((each) => wanted.test(each.name) && each.default === false);
  return found?.name ?? null;
}

function describe(about: {
  name: string;
  role: Role | undefined;
  docs: Docs;
  store: FileStore;
}): string | undefined {
  const { name, role, docs, store } = about;
  const own =
    role === undefined
      ? undefined
      : (metaOf(store, role).description ?? readDescription(store, `${role.folder}/README.md`));
  return docs.about(name) ?? own;
}

/** What Ansible runs with these tags: the tasks that have one of them, and those that always run. */
function selectPlays(plays: readonly ListedPlay[], part: NamedPart): ListedPlay[] {
  if (part.runTags.length === 0) return part.toggle === null ? [] : [...plays];
  return plays.flatMap((play) => {
    const byTag = tagsOf(play);
    const wanted = new Set([...part.runTags, always].flatMap((tag) => byTag.get(tag) ?? []));
    const ansibleTasks = [...wanted]
      .toSorted((a, b) => a - b)
      .flatMap((at) => play.ansibleTasks.slice(at, at + 1));
    return ansibleTasks.length === 0 ? [] : [{ ...play, ansibleTasks }];
  });
}

const always = "always";
const known = new WeakMap<ListedPlay, Map<string, number[]>>();

/** Places of a play's tasks by tag; a play of hundreds of roles is asked for each of them. */
function tagsOf(play: ListedPlay): Map<string, number[]> {
  const before = known.get(play);
  if (before !== undefined) return before;
  const byTag = new Map<string, number[]>();
  for (const [at, { tags }] of play.ansibleTasks.entries()) {
    for (const tag of tags) {
      if (tag === always && tags.includes("never")) continue;
      const places = byTag.get(tag);
      if (places === undefined) byTag.set(tag, [at]);
      else places.push(at);
    }
  }
  known.set(play, byTag);
  return byTag;
}
