import type { NamedPlugin, PluginKind, PluginNames } from "../closure/plugin-names.ts";
import { builtin, createInstallation, inFull, type Installation } from "./installation.ts";
import type { AnsibleTools } from "./tools.ts";

/* What they are called in `plugin_routing`. */
const tables: Readonly<Record<PluginKind, readonly string[]>> = {
  filter: ["filter"],
  test: ["test"],
  lookup: ["lookup"],
  strategy: ["strategy"],
  connection: ["connection"],
  become: ["become"],
  shell: ["shell"],
  network: ["cliconf", "terminal", "httpapi", "netconf"],
};
const deepest = 10;

/**
 * The collections that the plug-ins of some texts come from: those that stand there in full, and those that Ansible's table, or a
 * collection's own, sends a name on to. One that is not installed counts only where the text can mean nothing else.
 */
export function findPluginCollections(
  texts: Iterable<Pick<PluginNames, "plugins" | "collections">>,
  tools: Pick<AnsibleTools, "collections">,
): Set<string> {
  const installation = createInstallation(tools.collections);
  const installed = installation.names();
  const found = new Set<string>();
  const followed = new Set<string>();
  for (const { plugins, collections } of texts) {
    for (const name of collections) if (installed.has(name)) found.add(name);
    for (const plugin of plugins) {
      const key = `${plugin.kind} ${plugin.name} ${String(plugin.sure)}`;
      if (followed.has(key)) continue;
      followed.add(key);
      for (const name of follow(plugin, installation))
        if (plugin.sure || installed.has(name)) found.add(name);
    }
  }
  return found;
}

/** The collections on the way of a name, without Ansible's own. */
function follow({ kind, name }: NamedPlugin, installation: Installation): Set<string> {
  const way = new Set<string>();
  let at = inFull.test(name) ? name : `${builtin}.${name}`;
  for (let steps = 0; steps < deepest; steps += 1) {
    const [, written = "", rest = ""] = inFull.exec(at) ?? [];
    const collection = written === "ansible.legacy" ? builtin : written;
    if (collection !== builtin) way.add(collection);
    const to = leadOf(installation, { collection, name: rest, kind });
    if (to === undefined) break;
    at = to;
  }
  return way;
}

/* Devices have several plug-ins of one name: they lie together. */
function leadOf(
  installation: Installation,
  of: { collection: string; name: string; kind: PluginKind },
): string | undefined {
  return installation.open(of.collection)?.lead(of.name, tables[of.kind]);
}
