import type { Inventory, ListedPlay, Unit } from "../../contracts/catalogue.ts";
import { resolveHosts } from "../inventory/pattern.ts";

export interface ListedRunPlay {
  name: string;
  /** Host pattern as written. */
  pattern: string;
  /** Hosts that the play would touch; empty when they are not known before the run. */
  hosts: string[];
  /** Ansible's own tasks as far as parsing shows them. */
  ansibleTasks: number;
}

/** What a run would touch, from parsing alone. */
export interface ListedRun {
  /** All hosts of all plays, each once, in the inventory's order. */
  hosts: string[];
  perPlay: ListedRunPlay[];
  ansibleTasks: number;
  /** Sentences about what only the run itself decides. */
  dynamic: string[];
}

/** Hosts and ansibleTasks of one unit on one inventory, narrowed to `limit` (host names or a pattern). */
export function listRun(options: {
  unit: Pick<Unit, "plays">;
  inventory: Inventory;
  limit?: readonly string[] | string;
}): ListedRun {
  const { unit, inventory, limit } = options;
  const dynamic = new Set<string>();
  const allowed = limit === undefined ? undefined : limitedTo(limit, inventory, dynamic);
  const perPlay = unit.plays.map((play) => {
    const resolved = resolveHosts(inventory, play.hosts);
    if ("unresolved" in resolved)
      dynamic.add(`The hosts of "${play.name}" are not known: ${resolved.unresolved}.`);
    for (const sentence of unknownParts(play)) dynamic.add(sentence);
    const all = "hosts" in resolved ? resolved.hosts : [];
    const hosts = allowed === undefined ? all : all.filter((host) => allowed.has(host));
    return { name: play.name, pattern: play.hosts, hosts, ansibleTasks: play.ansibleTasks.length };
  });
  const touched = new Set(perPlay.flatMap((play) => play.hosts));
  const known = inventory.hosts.map((host) => host.name).filter((name) => touched.has(name));
  return {
    hosts: [...known, ...[...touched].filter((name) => !known.includes(name))],
    perPlay,
    ansibleTasks: perPlay.reduce((sum, play) => sum + play.ansibleTasks, 0),
    dynamic: [...dynamic],
  };
}

function limitedTo(
  limit: readonly string[] | string,
  inventory: Inventory,
  dynamic: Set<string>,
): ReadonlySet<string> | undefined {
  if (typeof limit !== "string") return new Set(limit);
  const resolved = resolveHosts(inventory, limit);
  if ("hosts" in resolved) return new Set(resolved.hosts);
  dynamic.add(`What the limit "${limit}" leaves is not known: ${resolved.unresolved}.`);
  return undefined;
}

function unknownParts(play: ListedPlay): string[] {
  return play.ansibleTasks
    .filter((task) => task.dynamic)
    .map((task) => `"${task.name}" (${task.source}) is put together at run time; its tasks are not listed.`);
}
