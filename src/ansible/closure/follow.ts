import type { PlayFacts, RoleUse, TaskFacts, TaskUse } from "../catalogue/facts.ts";
import type { FileStore } from "../catalogue/file-store.ts";
import { folderOf, resolveInside } from "../catalogue/paths.ts";
import type { Project } from "../catalogue/projects.ts";
import { createRoleFinder, metaOf, type RoleFinder } from "../catalogue/roles.ts";
import { listRestarts, restartsOfPlay, type Restart } from "../catalogue/restarts.ts";
import { shortModule } from "../catalogue/task-facts.ts";
import { findListedCollections } from "./collections.ts";
import { findMentions } from "./mentions.ts";
import type { Places } from "./places.ts";

/* Where Ansible looks for things beside a playbook, without being told. */
const companions = [
  "files",
  "templates",
  "vars",
  "group_vars",
  "host_vars",
  "library",
  "module_utils",
  "collections",
];
const pluginFolder = /^[a-z_]+_plugins$/;
const roleFolders = ["files", "templates", "vars", "tasks", "handlers", "defaults", "meta"];

/** Something that a playbook may touch besides the hosts of its plays. */
export interface Reach {
  /** `delegate`: a task runs there. `here`: a task runs on the machine that Ansible runs on. `adds`: a host that is made up. */
  readonly kind: "delegate" | "here" | "adds";
  /** As written, so perhaps a template; empty for `here`. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
}

/** How far a closure has been followed. */
export interface Walk {
  readonly store: FileStore;
  readonly places: Places;
  readonly project: Project;
  readonly paths: Set<string>;
  readonly unknown: Set<string>;
  /** Folders of the playbooks, with a finder of roles for each. */
  readonly playbooks: Map<string, RoleFinder>;
  readonly roles: Set<string>;
  readonly seen: Set<string>;
  readonly waiting: { path: string; role: string | null }[];
  /** By place, so that a file that is come to twice counts once. */
  readonly reach: Map<string, Reach>;
  /** Tasks that restart a machine, by place. */
  readonly restarts: Map<string, Restart>;
  /** Collections that are named in full (`community.docker`), or listed for short names. */
  readonly collections: Set<string>;
  /** Modules as tasks name them, each with the first place. */
  readonly modules: Map<string, string>;
  /** Folders of the inventory. */
  readonly inventory: readonly string[];
}

/** Follows a playbook and those that it imports; the folder of each is one in which names are looked up. */
export function enterPlaybook(walk: Walk, path: string, open: readonly string[]): void {
  if (open.includes(path) || open.length > 40) return;
  const folder = folderOf(path);
  if (!walk.playbooks.has(folder)) {
    const { project, store } = walk;
    const finder = createRoleFinder({
      store,
      playbookFolder: folder,
      project: project.folder,
      rolesPaths: project.rolesPaths,
    });
    walk.playbooks.set(folder, finder);
    for (const name of walk.places.namesIn(folder))
      if (companions.includes(name) || pluginFolder.test(name)) addFolder(walk, under(folder, name), null);
  }
  addFile(walk, path, null);
  const facts = walk.store.find(path)?.facts;
  if (facts?.kind !== "playbook") return;
  for (const play of facts.plays) {
    if (play.kind === "play") enterPlay(walk, play, path);
    else if (play.file.includes("{{")) walk.unknown.add(`${path}:${play.line} imports "${play.file}"`);
    else {
      const imported = resolveInside(folder, play.file);
      if (imported !== undefined && walk.places.kindOf(imported) === "file")
        enterPlaybook(walk, imported, [...open, path]);
    }
  }
}

function enterPlay(walk: Walk, play: Extract<PlayFacts, { kind: "play" }>, file: string): void {
  for (const use of play.roles) useRole(walk, use, file);
  noteRestarts(walk, restartsOfPlay(play, file));
  if (play.here) addReach(walk, { kind: "here", name: "", file, line: play.line });
  const tasks = [...play.preTasks, ...play.tasks, ...play.postTasks, ...play.handlers];
  enterTasks(walk, tasks, { file, role: null });
}

function useRole(walk: Walk, use: Pick<RoleUse, "name" | "line">, file: string): void {
  if (use.name === null) {
    walk.unknown.add(`${file}:${use.line} uses a role whose name only the run knows`);
    return;
  }
  addCollection(walk, use.name);
  for (const finder of walk.playbooks.values()) {
    const role = finder.find(use.name);
    if (role !== undefined) addRole(walk, role.folder);
  }
}

function addRole(walk: Walk, folder: string): void {
  if (walk.roles.has(folder)) return;
  walk.roles.add(folder);
  addFolder(walk, folder, folder);
  const { path, dependencies } = metaOf(walk.store, { name: folder, folder });
  for (const use of dependencies) useRole(walk, use, path);
}

interface Around {
  readonly file: string;
  /** Folder of the role that the file belongs to. */
  readonly role: string | null;
}

function enterTasks(walk: Walk, tasks: readonly TaskFacts[], around: Around): void {
  for (const task of tasks) enterTask(walk, task, { ...around, use: task.use });
}

function addReach(walk: Walk, reach: Reach): void {
  walk.reach.set(`${reach.kind} ${reach.file}:${reach.line}`, reach);
}

function noteRestarts(walk: Walk, restarts: readonly Restart[]): void {
  for (const each of restarts) walk.restarts.set(`${each.file}:${each.line}`, each);
}

function noteReach(walk: Walk, { reach, line, module }: TaskFacts, file: string): void {
  addCollection(walk, module);
  if (!walk.modules.has(module)) walk.modules.set(module, `${file}:${line}`);
  if (reach === null) return;
  const { delegate, here, adds } = reach;
  if (delegate !== null) addReach(walk, { kind: "delegate", name: delegate, file, line });
  if (here) addReach(walk, { kind: "here", name: "", file, line });
  if (adds !== null) addReach(walk, { kind: "adds", name: adds, file, line });
}

function addCollection(walk: Walk, name: string): void {
  const found = /^([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\.[A-Za-z_]/.exec(name)?.[1];
  if (found !== undefined && !found.startsWith("ansible.builtin") && !found.startsWith("ansible.legacy"))
    walk.collections.add(found);
}

function enterTask(walk: Walk, task: TaskFacts, around: Around & { use: TaskUse }): void {
  const { use, file } = around;
  noteReach(walk, task, file);
  switch (use.kind) {
    case "plain":
      return;
    case "block":
      return enterTasks(walk, use.tasks, around);
    case "import-tasks":
      if (use.file !== null) includeTasks(walk, use.file, around);
      return;
    case "import-role":
      return useRole(walk, { name: use.role, line: task.line }, file);
    case "dynamic":
      for (const each of use.files) includeTasks(walk, each, around);
      if (use.role !== null || shortModule(task.module) === "include_role")
        useRole(walk, { name: use.role, line: task.line }, file);
      // Inside a role the role's folder is there whole; `tasks/{{ x }}.yml` is a mention.
      else if (use.files.length === 0 && around.role === null && isBare(use.written))
        walk.unknown.add(`${file}:${task.line} includes "${use.written ?? ""}"`);
  }
}

/** Nothing of the name is written there. */
const isBare = (written: string | null): boolean =>
  written === null || /^\s*(?:\{\{[^}]*\}\}\s*)+$/.test(written);

function includeTasks(walk: Walk, written: string, around: Around): void {
  for (const path of look(walk, written, around)) addFile(walk, path, roleOf(walk, path));
}

/* What a text names, in all the folders where Ansible would look: more than one may be right. */
function look(walk: Walk, written: string, around: Around): string[] {
  const { role, file } = around;
  const beside = [...walk.playbooks.keys()].flatMap((folder) => [
    folder,
    ...["files", "templates", "vars", "tasks"].map((name) => under(folder, name)),
  ]);
  const own = role === null ? [] : [role, ...roleFolders.map((name) => `${role}/${name}`)];
  const folders = new Set([folderOf(file), ...own, ...beside, walk.project.folder, ...walk.inventory]);
  return [...folders].flatMap((folder) => walk.places.match(folder, written));
}

/** Looks up all that the text of a file names. */
export function readMentions(walk: Walk, next: { path: string; role: string | null }): void {
  const text = walk.places.readText(next.path);
  if (text === undefined) return;
  for (const name of findListedCollections(text)) walk.collections.add(name);
  for (const mention of findMentions(text)) {
    for (const path of look(walk, mention.path, { file: next.path, role: next.role })) {
      const kind = walk.places.kindOf(path);
      if (kind === "file") addMentioned(walk, path);
      else if (!isAround(walk, path)) addFolder(walk, path, roleOf(walk, path));
      else if (mention.anchored) walk.unknown.add(`${next.path} uses the folder ${path || "."} as a whole`);
    }
  }
}

/* A file of a role comes with its role: what it includes lies beside it. */
function addMentioned(walk: Walk, path: string): void {
  const role = /^((?:.*\/)?roles\/[^/]+)\//.exec(path)?.[1];
  if (role !== undefined && !walk.roles.has(role)) addRole(walk, role);
  addFile(walk, path, role ?? null);
}

/** Folders around a playbook, the project or the inventory: `..` or `playbooks/` alone do not mean all that is in them. */
function isAround(walk: Walk, path: string): boolean {
  const held = [...walk.playbooks.keys(), walk.project.folder, ...walk.inventory, ...walk.project.rolesPaths];
  return (
    path === "" ||
    held.some((folder) => folder === path || folder.startsWith(`${path}/`)) ||
    [...walk.roles].some((role) => role.startsWith(`${path}/`))
  );
}

function roleOf(walk: Walk, path: string): string | null {
  for (let folder = folderOf(path); folder !== ""; folder = folderOf(folder))
    if (walk.roles.has(folder)) return folder;
  return null;
}

function addFile(walk: Walk, path: string, role: string | null): void {
  walk.paths.add(path);
  follow(walk, path, role);
}

/** Takes a folder whole, and follows what its files name. */
export function addFolder(walk: Walk, folder: string, role: string | null): void {
  if (walk.paths.has(folder) || walk.places.kindOf(folder) !== "folder") return;
  walk.paths.add(folder);
  followFolder(walk, folder, { role, depth: 0 });
}

/* Modules, plug-ins and collections are code: their texts name nothing of the repository. */
const codeFolder = /^(?:library|module_utils|collections|ansible_collections|node_modules|\.git)$|_plugins$/;

function followFolder(walk: Walk, folder: string, within: { role: string | null; depth: number }): void {
  if (within.depth > 24 || codeFolder.test(folder.slice(folder.lastIndexOf("/") + 1))) return;
  for (const name of walk.places.namesIn(folder)) {
    const path = under(folder, name);
    if (walk.places.kindOf(path) === "folder")
      followFolder(walk, path, { role: within.role, depth: within.depth + 1 });
    else follow(walk, path, within.role);
  }
}

/* Files that Ansible reads as YAML name others; what is copied to a host does not. */
function follow(walk: Walk, path: string, role: string | null): void {
  if (walk.seen.has(path)) return;
  if (!/\.ya?ml$/.test(path) || /(^|\/)(?:files|templates)\//.test(path)) return;
  walk.seen.add(path);
  walk.waiting.push({ path, role });
  const facts = walk.store.find(path)?.facts;
  if (facts?.kind !== "tasks" && facts?.kind !== "handlers") return;
  noteRestarts(walk, listRestarts(facts.tasks, { file: path, on: "" }));
  enterTasks(walk, facts.tasks, { file: path, role });
}

export function under(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
