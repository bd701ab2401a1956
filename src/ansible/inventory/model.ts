import type { InventoryHost } from "../../contracts/catalogue.ts";

export const maxHosts = 20_000;

interface Group {
  hosts: Set<string>;
  children: Set<string>;
  vars: Map<string, string>;
}

/** An inventory while it is being read from one or several files. Only texts of variables are kept. */
export interface InventoryModel {
  addGroup(name: string): void;
  /** False when the inventory is full. */
  addHost(group: string, host: string): boolean;
  /** False when the child holds the parent already: Ansible refuses such a loop, we leave the edge out. */
  addChild(parent: string, child: string): boolean;
  setGroupVar(group: string, name: string, value: string): void;
  setHostVar(host: string, name: string, value: string): void;
  /** Puts groups without a parent under `all`, hosts without a group into `ungrouped`. Call once, before the questions below. */
  reconcile(): void;
  hosts(): string[];
  /** All groups but `all`, with the hosts of their children. */
  groups(): { name: string; hosts: string[] }[];
  /** Group names from the most general to the most special: that is how Ansible lets variables win. */
  groupsByDepth(): string[];
  toHost(name: string): InventoryHost;
  /** The variables of a host: its own before those of its groups. */
  variablesOf(name: string): ReadonlyMap<string, string>;
}

export function createInventoryModel(): InventoryModel {
  const groups = new Map<string, Group>();
  const hosts = new Map<string, Map<string, string>>();
  const group = (name: string): Group => {
    let found = groups.get(name);
    if (found === undefined) {
      found = { hosts: new Set(), children: new Set(), vars: new Map() };
      groups.set(name, found);
    }
    return found;
  };
  group("all");
  group("ungrouped");

  const reaches = (from: string, to: string, seen: Set<string>): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(groups.get(from)?.children ?? [])].some((child) => reaches(child, to, seen));
  };
  const members = (name: string): string[] => {
    const seen = new Set([name]);
    const found = new Set<string>();
    for (const each of seen) {
      for (const host of groups.get(each)?.hosts ?? []) found.add(host);
      for (const child of groups.get(each)?.children ?? []) seen.add(child);
    }
    return [...found];
  };
  const reconcile = (): void => {
    const children = new Set([...groups.values()].flatMap((each) => [...each.children]));
    for (const name of groups.keys()) {
      if (name !== "all" && !children.has(name)) group("all").children.add(name);
    }
    const grouped = new Set<string>();
    for (const [name, each] of groups) {
      if (name !== "all" && name !== "ungrouped") for (const host of each.hosts) grouped.add(host);
    }
    for (const host of hosts.keys()) {
      if (grouped.has(host)) group("ungrouped").hosts.delete(host);
      else group("ungrouped").hosts.add(host);
    }
  };
  const depths = (): Map<string, number> => {
    const found = new Map([["all", 0]]);
    const raise = (name: string, depth: number): void => {
      for (const child of groups.get(name)?.children ?? []) {
        if ((found.get(child) ?? -1) >= depth + 1) continue;
        found.set(child, depth + 1);
        raise(child, depth + 1);
      }
    };
    raise("all", 0);
    return found;
  };
  const groupsByDepth = (): string[] => {
    const depth = depths();
    return [...groups.keys()].sort(
      (a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || (a < b ? -1 : a > b ? 1 : 0),
    );
  };
  let groupsOfHost: Map<string, string[]> | undefined;
  const groupsOf = (host: string): string[] => {
    if (groupsOfHost === undefined) {
      groupsOfHost = new Map();
      for (const name of groupsByDepth()) {
        for (const each of members(name)) {
          const list = groupsOfHost.get(each);
          if (list === undefined) groupsOfHost.set(each, [name]);
          else list.push(name);
        }
      }
    }
    return groupsOfHost.get(host) ?? [];
  };
  const variablesOf = (name: string): Map<string, string> => {
    const vars = new Map<string, string>();
    for (const each of groupsOf(name))
      for (const [key, value] of groups.get(each)?.vars ?? []) vars.set(key, value);
    for (const [key, value] of hosts.get(name) ?? []) vars.set(key, value);
    return vars;
  };
  return {
    addGroup: (name) => void group(name),
    addHost(name, host) {
      if (!hosts.has(host)) {
        if (hosts.size >= maxHosts) return false;
        hosts.set(host, new Map());
      }
      group(name).hosts.add(host);
      return true;
    },
    addChild(parent, child) {
      group(child);
      if (reaches(child, parent, new Set())) return false;
      group(parent).children.add(child);
      return true;
    },
    setGroupVar: (name, variable, value) => void group(name).vars.set(variable, value),
    setHostVar: (host, variable, value) => void hosts.get(host)?.set(variable, value),
    reconcile,
    hosts: () => [...hosts.keys()],
    groups: () =>
      [...groups.keys()]
        .filter((name) => name !== "all")
        .map((name) => ({ name, hosts: members(name) }))
        .filter((each) => each.name !== "ungrouped" || each.hosts.length > 0),
    groupsByDepth,
    variablesOf,
    toHost(name) {
      const around = groupsOf(name);
      const vars = variablesOf(name);
      const first = (...keys: string[]) =>
        keys.map((key) => vars.get(key)).find((value) => value !== undefined);
      const identityFile = first("ansible_ssh_private_key_file", "ansible_private_key_file");
      const port = Number(first("ansible_port", "ansible_ssh_port") ?? "22");
      return {
        name,
        groups: around.filter((each) => each !== "all"),
        connection: connectionOf(first("ansible_connection")),
        address: first("ansible_host", "ansible_ssh_host") ?? name,
        port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : 22,
        user: first("ansible_user", "ansible_ssh_user") ?? null,
        ...(identityFile === undefined ? {} : { identityFile }),
      };
    },
  };
}

function connectionOf(written: string | undefined): string {
  const short = (written ?? "ssh").replace(/^ansible\.(builtin|legacy)\./, "");
  return short === "smart" ? "ssh" : short;
}
