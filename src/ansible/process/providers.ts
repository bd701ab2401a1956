import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { NamedModule } from "../closure/collections.ts";
import type { AnsibleTools } from "./tools.ts";

/** What tasks name, and where it may come from besides what is installed. */
export interface ProviderQuestion {
  readonly modules: readonly NamedModule[];
  /** Collections in which short names are looked up, and those that are named in full. */
  readonly collections: readonly string[];
  /** Files of the snapshot: a module may come with the repository. */
  readonly files: readonly { readonly path: string }[];
}

export interface Providers {
  /** Collections that decide what runs, sorted: those of the question, and those that a name leads to from there. */
  readonly collections: string[];
  /** Modules of which nothing tells where they come from. */
  readonly unknown: NamedModule[];
}

type Tools = Pick<AnsibleTools, "collections">;

/** Where a name leads: to another name, to a module that is there, or nowhere. `absent`: the whole collection is not installed. */
type Lead = { readonly to: string } | "there" | "nowhere" | "absent";

const builtin = "ansible.builtin";
const deepest = 10;
const inFull = /^([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\.([A-Za-z_][\w.]*)$/;
/* Words of a task that are no module. */
const noModule = new Set(["block", "unknown"]);

/**
 * Finds the collections that tasks really get their modules from, as Ansible would by reading what is installed: a short name comes
 * from the repository, from a listed collection, from Ansible itself, or from where Ansible sends it; a collection may send a name on
 * to another one.
 */
export function findProviders(question: ProviderQuestion, tools: Tools): Providers {
  const found = new Set(question.collections);
  const look = createLooker(tools);
  const own = modulesOf(question.files);
  const unknown = question.modules.filter(({ name }) => {
    if (noModule.has(name) || name.includes("{{")) return name.includes("{{");
    return !isFound(name, { look, own, listed: question.collections, found });
  });
  return { collections: [...found].toSorted(), unknown };
}

interface World {
  readonly look: (collection: string, name: string) => Lead;
  /** Names of the modules in the repository's own folders and collections. */
  readonly own: ReadonlySet<string>;
  readonly listed: readonly string[];
  readonly found: Set<string>;
}

function isFound(name: string, world: World): boolean {
  const [, collection, rest = ""] = inFull.exec(name) ?? [];
  const isLegacy = collection === "ansible.legacy";
  if (collection !== undefined && !isLegacy) return world.own.has(name) || follow(name, world) !== "nowhere";
  const short = isLegacy ? rest : name;
  // All of them that have it: which one comes first differs from play to play.
  const listed = isLegacy ? [] : world.listed.map((each) => `${each}.${short}`);
  const isListed = listed.filter((each) => world.own.has(each) || follow(each, world) === "there").length > 0;
  return isListed || world.own.has(short) || follow(`${builtin}.${short}`, world) !== "nowhere";
}

/** Goes from name to name until there is a module, or a collection that is not installed; every collection on the way decides. */
function follow(name: string, { look, found }: World): Exclude<Lead, object> {
  const way = new Set<string>();
  for (let at = name, steps = 0; steps < deepest; steps += 1) {
    const [, collection = "", rest = ""] = inFull.exec(at) ?? [];
    const lead = look(collection, rest);
    if (lead === "nowhere") return lead;
    way.add(collection);
    if (typeof lead === "object") at = lead.to;
    else {
      // Of one that a name is only looked up in, nothing follows when it is not there.
      if (lead === "there" || way.size > 1) for (const each of way) if (each !== builtin) found.add(each);
      return lead;
    }
  }
  return "nowhere";
}

function modulesOf(files: ProviderQuestion["files"]): ReadonlySet<string> {
  const own = new Set<string>();
  for (const { path } of files) {
    const beside = /(?:^|\/)(?:library|action_plugins)\/(?:[^/]+\/)*([A-Za-z_]\w*)(?:\.\w+)?$/.exec(
      path,
    )?.[1];
    const parts =
      /(?:^|\/)ansible_collections\/(\w+)\/(\w+)\/plugins\/(?:modules|action)\/(?:[^/]+\/)*(\w+)(?:\.\w+)?$/.exec(
        path,
      );
    if (beside !== undefined) own.add(beside);
    if (parts !== null) own.add(`${parts[1]}.${parts[2]}.${parts[3]}`);
  }
  return own;
}

/** Looks into one installation. */
function createLooker({ collections }: Tools): World["look"] {
  const opened = new Map<string, Installed | undefined>();
  return (collection, name) => {
    if (!opened.has(collection)) opened.set(collection, openCollection(collection, collections));
    const installed = opened.get(collection);
    // Where Ansible's own modules are not found, its names are believed.
    if (installed === undefined) return "absent";
    // Ansible's own names lead nowhere else, and its table is a large one.
    const isOwn = collection === builtin && installed.has(name);
    const to = isOwn ? undefined : installed.leads().get(name);
    if (to !== undefined) return { to };
    return isOwn || installed.has(name.replaceAll(".", "/")) ? "there" : "nowhere";
  };
}

interface Installed {
  has(name: string): boolean;
  /** Names that it sends on, each with where to. */
  leads(): ReadonlyMap<string, string>;
}

function openCollection(collection: string, roots: readonly string[]): Installed | undefined {
  const [namespace = "", name = ""] = collection.split(".");
  const isBuiltin = collection === builtin;
  for (const root of roots) {
    const folder = isBuiltin ? join(root, "ansible") : join(root, "ansible_collections", namespace, name);
    const places = isBuiltin ? ["modules", "plugins/action"] : ["plugins/modules", "plugins/action"];
    if (!isFolder(isBuiltin ? join(folder, "modules") : folder)) continue;
    const routing = isBuiltin ? "config/ansible_builtin_runtime.yml" : "meta/runtime.yml";
    return {
      has: (module) => places.some((place) => namesIn(join(folder, place, module, "..")).has(lastOf(module))),
      leads: () => readLeads(join(folder, routing)),
    };
  }
  return undefined;
}

const lastOf = (module: string): string => module.slice(module.lastIndexOf("/") + 1);

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a path had when it was read, kept until the path changes: an installation has thousands of modules. */
function rememberByTime<T>(read: (path: string) => T, none: T): (path: string) => T {
  const known = new Map<string, { at: string; value: T }>();
  return (path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return none;
    const at = `${stat.ino}:${stat.mtimeMs}:${stat.size}`;
    const before = known.get(path);
    if (before?.at === at) return before.value;
    const value = read(path);
    known.set(path, { at, value });
    return value;
  };
}

/* Modules end in .py, .ps1 or nothing; those that are to go begin with `_`. */
const namesIn = rememberByTime<ReadonlySet<string>>((folder) => {
  try {
    return new Set(readdirSync(folder).map((name) => name.replace(/^_(?!_)|\.[^.]+$/g, "")));
  } catch {
    return new Set();
  }
}, new Set());

const readLeads = rememberByTime<ReadonlyMap<string, string>>((file) => {
  const leads = new Map<string, string>();
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return leads;
  }
  const parsed = parseAnsibleYaml(text, { path: file });
  const document = "problem" in parsed ? undefined : parsed.documents[0];
  const routing = isMapping(document) ? field(document, "plugin_routing") : undefined;
  if (!isMapping(routing)) return leads;
  // An action plug-in comes before the module of the same name, and both have the same way on as a rule.
  for (const kind of ["modules", "action"]) {
    const entries = field(routing, kind);
    if (!isMapping(entries)) continue;
    for (const [name, entry] of Object.entries(entries)) {
      const to = isMapping(entry) ? scalarText(field(entry, "redirect")) : undefined;
      if (to !== undefined && inFull.test(to)) leads.set(name, to);
    }
  }
  return leads;
}, new Map());
