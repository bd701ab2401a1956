import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseAnsibleYaml } from "../yaml/load.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";

/** The collections that lie in some folders, each taken from the first folder that has it. */
export interface Installation {
  /** Undefined when it is not installed. */
  open(collection: string): Installed | undefined;
  /** Names of all that are installed (`community.docker`), without Ansible's own. */
  names(): ReadonlySet<string>;
}

/** A collection that is installed; Ansible's own modules and plug-ins count as one. */
export interface Installed {
  hasModule(name: string): boolean;
  /** Where it sends a name on to: what the first of these kinds of `plugin_routing` says. */
  lead(name: string, kinds: readonly string[]): string | undefined;
}

/** The name under which Ansible's own modules and plug-ins are known. */
export const builtin = "ansible.builtin";
/** A name with its collection: `community.docker.docker_container`. */
export const inFull = /^([a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*)\.([A-Za-z_][\w.]*)$/;

/** @param roots folders that hold `ansible_collections`, or Ansible itself */
export function createInstallation(roots: readonly string[]): Installation {
  const opened = new Map<string, Installed | undefined>();
  return {
    open(collection) {
      if (!opened.has(collection)) opened.set(collection, openCollection(collection, roots));
      return opened.get(collection);
    },
    names() {
      const found = new Set<string>();
      for (const root of roots) {
        const all = join(root, "ansible_collections");
        for (const namespace of listFolder(all))
          for (const name of listFolder(join(all, namespace))) found.add(`${namespace}.${name}`);
      }
      found.delete(builtin);
      return found;
    },
  };
}

/** The folder that a collection lies in. */
export function folderOfCollection(collection: string, roots: readonly string[]): string | undefined {
  const [namespace = "", name = ""] = collection.split(".");
  return roots.map((root) => join(root, "ansible_collections", namespace, name)).find(isFolder);
}

function openCollection(collection: string, roots: readonly string[]): Installed | undefined {
  const isBuiltin = collection === builtin;
  const folder = isBuiltin
    ? roots.map((root) => join(root, "ansible")).find((each) => isFolder(join(each, "modules")))
    : folderOfCollection(collection, roots);
  if (folder === undefined) return undefined;
  const places = isBuiltin ? ["modules", "plugins/action"] : ["plugins/modules", "plugins/action"];
  const routing = join(folder, isBuiltin ? "config/ansible_builtin_runtime.yml" : "meta/runtime.yml");
  return {
    hasModule: (module) =>
      places.some((place) => namesIn(join(folder, place, module, "..")).has(lastOf(module))),
    lead(name, kinds) {
      const table = readRouting(routing);
      for (const kind of kinds) {
        const to = table(kind).get(name);
        if (to !== undefined) return to;
      }
      return undefined;
    },
  };
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

const listFolder = rememberByTime<readonly string[]>((folder) => {
  try {
    return readdirSync(folder).filter((name) => /^[a-z_][a-z0-9_]*$/.test(name));
  } catch {
    return [];
  }
}, []);

/* Modules end in .py, .ps1 or nothing; those that are to go begin with `_`. */
const namesIn = rememberByTime<ReadonlySet<string>>((folder) => {
  try {
    return new Set(readdirSync(folder).map((name) => name.replace(/^_(?!_)|\.[^.]+$/g, "")));
  } catch {
    return new Set();
  }
}, new Set());

/** Names of one kind that are sent on, each with where to. */
type Routing = (kind: string) => ReadonlyMap<string, string>;

const readRouting = rememberByTime<Routing>(
  (file) => {
    let text = "";
    try {
      text = readFileSync(file, "utf8");
    } catch {
      // As good as one that sends nothing on.
    }
    const known = new Map<string, ReadonlyMap<string, string>>();
    return (kind) => {
      const leads = known.get(kind) ?? readLeads(text, { kind, file });
      known.set(kind, leads);
      return leads;
    };
  },
  () => new Map(),
);

function readLeads(text: string, { kind, file }: { kind: string; file: string }): Map<string, string> {
  const leads = new Map<string, string>();
  const part = partOf(text, kind);
  const short = part === undefined ? undefined : parseAnsibleYaml(part, { path: file });
  const parsed = short === undefined || "problem" in short ? parseAnsibleYaml(text, { path: file }) : short;
  const document = "problem" in parsed ? undefined : parsed.documents[0];
  const routing = isMapping(document) ? field(document, "plugin_routing") : undefined;
  const entries = isMapping(routing) ? field(routing, kind) : undefined;
  if (!isMapping(entries)) return leads;
  for (const [name, entry] of Object.entries(entries)) {
    const to = isMapping(entry) ? scalarText(field(entry, "redirect")) : undefined;
    if (to !== undefined && inFull.test(to)) leads.set(name, to);
  }
  return leads;
}

/**
 * The table of one kind, where it can be cut out: Ansible's own table has thousands of modules and a few filters. Undefined when the
 * text is not written the usual way.
 */
function partOf(text: string, kind: string): string | undefined {
  const [, indent] = /^plugin_routing:[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( +)/m.exec(text) ?? [];
  if (indent === undefined) return undefined;
  const lines = text.slice(text.search(/^plugin_routing:/m)).split("\n");
  const isChild = (line: string): boolean =>
    line.startsWith(indent) && /[^\s#]/.test(line[indent.length] ?? " ");
  const from = lines.findIndex((line) => isChild(line) && line.slice(indent.length).startsWith(`${kind}:`));
  if (from === -1) return "";
  const length = lines.slice(from + 1).findIndex((line) => isChild(line) || /^[^\s#]/.test(line));
  return ["plugin_routing:", ...lines.slice(from, length === -1 ? undefined : from + 1 + length)].join("\n");
}
