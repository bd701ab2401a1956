import type { NamedModule } from "../../ansible/closure/collections.ts";
import type { Closure } from "../../ansible/closure/find.ts";
import { findPluginNames } from "../../ansible/closure/plugin-names.ts";
import { readPluginNames } from "../../ansible/closure/read-plugin-names.ts";
import { findCollections } from "../../ansible/process/collections.ts";
import { findPluginCollections } from "../../ansible/process/plugin-providers.ts";
import { findProviders } from "../../ansible/process/providers.ts";
import type { AnsibleTools } from "../../ansible/process/tools.ts";
import type { SnapshotStore } from "../../ansible/snapshot/store.ts";
import type { SnapshotFile, StepManifest } from "../../contracts/plan.ts";

export interface CollectionsDeps {
  readonly tools: AnsibleTools;
  readonly snapshots: Pick<SnapshotStore, "readText">;
}

/** What a step is made of, as far as it names modules and plug-ins. */
interface Named {
  readonly closure: Pick<Closure, "modules" | "collections">;
  readonly files: readonly SnapshotFile[];
  readonly vars: StepManifest["vars"];
}

/** The collections from outside the repository that decide what a step does, and what of it only the run decides. */
export async function freezeCollections(
  { tools, snapshots }: CollectionsDeps,
  { closure, files, vars }: Named,
): Promise<Pick<StepManifest, "collections"> & { open: string[] }> {
  const { modules, collections } = closure;
  const providers = findProviders({ modules, collections, files }, tools);
  const { texts, open } = await readPluginNames(files, snapshots.readText);
  // Ansible takes the values of variables as templates, wherever they come from.
  const passed = findPluginNames(JSON.stringify(vars), "text");
  const plugins = findPluginCollections([...texts, passed], tools);
  const isOutside = (name: string): boolean => !isInside(files, name);
  const named = [...new Set([...providers.collections, ...plugins])].filter(isOutside);
  return {
    collections: await findCollections(named, tools, isOutside),
    open: [...providers.unknown.map(sayUnknown), ...open],
  };
}

const sayUnknown = ({ name, source }: NamedModule): string =>
  `the module "${name}" (${source}) is neither in the repository nor installed here: which collection brings it is decided at run time`;

/** Whether a collection comes with the repository: then its files are in the snapshot. */
function isInside(files: readonly SnapshotFile[], collection: string): boolean {
  const folder = `ansible_collections/${collection.replace(".", "/")}/`;
  return files.some((file) => `/${file.path}`.includes(`/${folder}`));
}

type Versions = StepManifest["collections"];

/** How the installed collections differ from those that a plan was made with; undefined when they do not. */
export function describeCollections(shown: Versions, now: Versions): string | undefined {
  const changes = now.flatMap(({ name, version, sha256 }) => {
    const before = shown.find((each) => each.name === name);
    if (before === undefined) return [`${name} ${sayVersion(version)} is used now`];
    if (before.version !== version)
      return [`${name} was ${sayVersion(before.version)} and is ${sayVersion(version)}`];
    return before.sha256 === sha256 ? [] : [`files of ${name} ${sayVersion(version)} are others`];
  });
  const gone = shown
    .filter(({ name }) => !now.some((each) => each.name === name))
    .map(({ name }) => `${name} is not used any more`);
  const all = [...changes, ...gone];
  return all.length === 0 ? undefined : `installed collections have changed since: ${all.join(", ")}`;
}

const sayVersion = (version: string | null): string => version ?? "missing";
