import type { ListedPlay, Unit } from "../../contracts/catalogue.ts";
import { aboutFile, aboutRole } from "./about.ts";
import { createPartRunner, type PartRunner } from "./part-playbook.ts";
import { contentDigest, roleDigest } from "./content.ts";
import type { Docs } from "./docs.ts";
import { readDescription } from "./docs.ts";
import type { FileStore } from "./file-store.ts";
import { withTasks } from "./handlers.ts";
import { folderOf, resolveInside } from "./paths.ts";
import { none, orNone } from "./none.ts";
import { findParts, shortName, type NamedPart } from "./parts.ts";
import type { Project } from "./projects.ts";
import { metaOf, roleFile, tasksOf, type Role, type RoleFinder } from "./roles.ts";
import type { Link, Playbook } from "./units.ts";
import { encryptedOf } from "./encrypted.ts";
import { installCommand } from "./requirements.ts";
import { gatherVariables, promptedSecrets } from "./variables.ts";
import { deriveVerbs } from "./verbs.ts";

export interface PartContext {
  readonly store: FileStore;
  readonly project: Project;
  readonly finder: RoleFinder;
  readonly docs: Docs;
  readonly links: readonly Link[];
  readonly file: Playbook;
  readonly list: (playbook: Playbook) => ListedPlay[];
  /** Of the playbook's file alone: a change in another role of it is none of this one. */
  readonly playbookDigest: string;
}

/** The units inside a playbook: what one of its tags or switches runs. */
export function makePartUnits(whole: Unit, context: PartContext): Unit[] {
  const inside = (name: string) => {
    const role = context.finder.find(name);
    return role === undefined ? undefined : tagsInside(context.store, role);
  };
  const runner = createPartRunner(context);
  return findParts(context.links, { inside }).map((part) =>
    makePartUnit(whole, part, { ...context, runner }),
  );
}

function tagsInside(store: FileStore, role: Role): string[] {
  const tasks = tasksOf(roleFile(store, role, { part: "tasks", from: "main" })?.facts);
  return [...new Set(tasks.flatMap((task) => task.tags))];
}

function makePartUnit(whole: Unit, part: NamedPart, context: PartContext & { runner: PartRunner }): Unit {
  const { store, project, finder, docs, playbookDigest } = context;
  const role = part.kind === "role" ? finder.find(part.written) : undefined;
  const name = shortName(part.written);
  const sources = {
    store,
    playbook: whole.playbook,
    project,
    plays: [part.link],
    roles: role === undefined ? [] : [role],
    needs: new Map<string, string>(),
  };
  const secrets = promptedSecrets([part.link.play]);
  const vars = gatherVariables(sources).filter(
    (variable) => !secrets.some((secret) => secret.name === variable.name),
  );
  const names = [part.written, ...part.runTags, ...(role === undefined ? [] : [shortName(role.folder)])];
  const own = whole.problem === null && needsPlaybook(part) ? context.runner.write(part) : undefined;
  // What the whole says of itself does not hold for its parts; a state that belongs to the part does.
  const { encrypted: _of, parallel: _whole, wayBack, ...around } = whole;
  const isOwn = wayBack?.kind === "state" && vars.some((variable) => variable.name === wayBack.variable);
  return {
    ...around,
    ...(isOwn ? { wayBack } : {}),
    id: `${whole.id}#${part.kind === "role" ? part.written : name}`,
    kind: part.kind,
    name,
    path: role?.folder ?? filePath(part, store) ?? whole.path,
    tags: orNone([...part.runTags]),
    enableVar: part.toggle ?? enableVariable(name, vars),
    description: describe({ name, role, docs, store, file: filePath(part, store) }) ?? "",
    services: [name],
    aliases: orNone([...new Set(names.map(plainTag))].filter((alias) => alias !== name)),
    verbs: orNone(deriveVerbs(name, none)),
    vars: orNone(vars),
    secrets: orNone(secrets),
    ...encryptedOf(sources, vars),
    portals: null,
    choices: none,
    problem: whole.problem ?? (own === undefined ? problemOf(part, { role, project }) : own.problem),
    sha256: contentDigest(playbookDigest, [
      JSON.stringify([part.kind, part.written, part.runTags, part.toggle]),
      role === undefined ? taskFileDigest(part, store) : roleDigest(store, role),
    ]),
    plays: own?.plays ?? selectPlays(whole.plays, part),
    ...(own?.written === undefined ? {} : { written: own.written }),
  };
}

/** A task file that no tag and no switch runs without the others. */
function needsPlaybook(part: NamedPart): boolean {
  return part.kind === "tasks" && part.runTags.length === 0 && part.toggle === null;
}

function problemOf(
  part: NamedPart,
  { role, project }: { role: Role | undefined; project: Project },
): string | null {
  if (part.runTags.length === 0 && part.toggle === null && role !== undefined)
    return (
      `${part.link.file} has no way to run ${part.written} without the rest. ` +
      "Give its entry a tag, or ask for the whole playbook."
    );
  if (part.kind !== "role" || role !== undefined) return null;
  const command = installCommand(project, part.written);
  const how =
    command === undefined ? "Bring it there in the repository's own way" : `Install it: \`${command}\``;
  return `The role "${part.written}" is not in the repository. ${how}, then ask again.`;
}

/* `setup-gitea` names gitea, and what it does is no part of the name. */
const plainTag = (tag: string): string => tag.replace(/^(?:setup|install|deploy|run)[-_]/, "");

function taskFileDigest(part: NamedPart, store: FileStore): string {
  const path = filePath(part, store);
  return (path === undefined ? undefined : store.find(path)?.sha256) ?? "absent";
}

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
  /** The task file of a part that is no role. */
  file: string | undefined;
}): string | undefined {
  const { name, role, docs, store, file } = about;
  const own =
    role === undefined
      ? file && aboutFile(store.find(file))
      : (metaOf(store, role).description ??
        readDescription(store, `${role.folder}/README.md`) ??
        aboutRole(store, role));
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
    return ansibleTasks.length === 0 ? [] : [withTasks(play, ansibleTasks)];
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
