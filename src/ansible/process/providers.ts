import type { NamedModule } from "../closure/collections.ts";
import { builtin, createInstallation, inFull, type Installation } from "./installation.ts";
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

const deepest = 10;
/* Words of a task that are no module. */
const noModule = new Set(["block", "unknown"]);

/**
 * Finds the collections that tasks really get their modules from, as Ansible would by reading what is installed: a short name comes
 * from the repository, from a listed collection, from Ansible itself, or from where Ansible sends it; a collection may send a name on
 * to another one.
 */
export function findProviders(question: ProviderQuestion, tools: Tools): Providers {
  const found = new Set(question.collections);
  const look = createLooker(createInstallation(tools.collections));
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

/* An action plug-in comes before the module of the same name, and both have the same way on as a rule. */
const kinds = ["action", "modules"];

/** Looks into one installation. */
function createLooker(installation: Installation): World["look"] {
  return (collection, name) => {
    const installed = installation.open(collection);
    // Where Ansible's own modules are not found, its names are believed.
    if (installed === undefined) return "absent";
    // Ansible's own names lead nowhere else, and its table is a large one.
    const isOwn = collection === builtin && installed.hasModule(name);
    const to = isOwn ? undefined : installed.lead(name, kinds);
    if (to !== undefined) return { to };
    return isOwn || installed.hasModule(name.replaceAll(".", "/")) ? "there" : "nowhere";
  };
}
