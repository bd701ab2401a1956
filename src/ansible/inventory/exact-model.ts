import type { ExactNode } from "../yaml/exact.ts";
import { plainNode } from "../yaml/exact.ts";
import { maxHosts } from "./model.ts";

interface ExactGroup {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly vars: Map<string, ExactNode>;
}

interface ExactHost {
  readonly vars: Map<string, ExactNode>;
  /** Folder of the file that names the host first. */
  readonly folder: string;
}

/**
 * An inventory with all its values exactly as they are written: groups, hosts and children in the order in which Ansible
 * makes them, before it puts groups without a parent under `all`.
 */
export interface ExactInventory {
  readonly groups: Map<string, ExactGroup>;
  readonly hosts: Map<string, ExactHost>;
}

export function createExactInventory(): ExactInventory {
  const inventory: ExactInventory = { groups: new Map(), hosts: new Map() };
  addGroup(inventory, "all");
  addGroup(inventory, "ungrouped");
  return inventory;
}

export function addGroup({ groups }: ExactInventory, name: string): ExactGroup {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const made = { hosts: new Set<string>(), children: new Set<string>(), vars: new Map<string, ExactNode>() };
  groups.set(name, made);
  return made;
}

/** Adds hosts with what one entry says about them; the port counts only for a host that is new, as in Ansible. */
export function addHosts(
  inventory: ExactInventory,
  entry: {
    group: string;
    names: readonly string[];
    port: string | undefined;
    folder: string;
    vars: Iterable<readonly [string, ExactNode]>;
  },
): void {
  const { group, names, port, folder } = entry;
  const vars = [...entry.vars];
  for (const name of names) {
    let host = inventory.hosts.get(name);
    if (host === undefined) {
      if (inventory.hosts.size >= maxHosts) return;
      host = {
        vars: new Map(port === undefined ? [] : [["ansible_port", plainNode(`${Number(port)}`)]]),
        folder,
      };
      inventory.hosts.set(name, host);
    }
    for (const [variable, value] of vars) host.vars.set(variable, value);
    addGroup(inventory, group).hosts.add(name);
  }
}

/** False when the child holds the parent already: Ansible refuses such a loop. */
export function addChild(inventory: ExactInventory, parent: string, child: string): boolean {
  addGroup(inventory, child);
  if (reaches(inventory, child, parent)) return false;
  addGroup(inventory, parent).children.add(child);
  return true;
}

function reaches({ groups }: ExactInventory, from: string, to: string): boolean {
  const seen = new Set([from]);
  for (const name of seen) {
    if (name === to) return true;
    for (const child of groups.get(name)?.children ?? []) seen.add(child);
  }
  return false;
}

/** The groups of each host, the most general first: later ones win. Of groups at one depth the priority decides, then the name. */
export function groupsByHost({ groups }: ExactInventory): (host: string) => string[] {
  const children = new Set([...groups.values()].flatMap((group) => [...group.children]));
  const below = (name: string): Iterable<string> =>
    name === "all"
      ? [...groups.keys()].filter(
          (each) => each !== "all" && (!children.has(each) || groups.get("all")?.children.has(each)),
        )
      : (groups.get(name)?.children ?? []);
  const depth = new Map<string, number>([["all", 0]]);
  const raise = (name: string, at: number): void => {
    for (const child of below(name)) {
      if ((depth.get(child) ?? -1) > at) continue;
      depth.set(child, at + 1);
      raise(child, at + 1);
    }
  };
  raise("all", 0);
  const priority = (name: string): number => {
    const written = groups.get(name)?.vars.get("ansible_group_priority");
    return written?.kind === "scalar" ? Number(written.text) || 1 : 1;
  };
  const order = [...groups.keys()].toSorted(
    (a, b) =>
      (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || priority(a) - priority(b) || (a < b ? -1 : a > b ? 1 : 0),
  );
  const parents = new Map<string, string[]>();
  for (const [name, group] of groups)
    for (const child of group.children) parents.set(child, [...(parents.get(child) ?? []), name]);
  return (host) => {
    const found = new Set([
      "all",
      ...[...groups].flatMap(([name, { hosts }]) => (hosts.has(host) ? [name] : [])),
    ]);
    for (const name of found) for (const parent of parents.get(name) ?? []) found.add(parent);
    return order.filter((name) => found.has(name));
  };
}
