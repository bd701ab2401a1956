import { hash } from "node:crypto";
import { ChiffonError } from "../../domain/errors.ts";
import { textNode, type ExactNode } from "../yaml/exact.ts";
import { writeExact } from "../yaml/write-exact.ts";
import { readExactInventory, readExactVariables } from "./exact.ts";
import type { ExactInventory } from "./exact-model.ts";
import { folderOf } from "./names.ts";
import { expandHostEntry } from "./ranges.ts";
import { inventorySource, type ResolvedInventory } from "./resolved.ts";

/** Name of the inventory that a run gets; it lies beside the repository's own, so that group_vars and host_vars count. */
export const frozenHostsName = ".chiffon-hosts.yml";

/** Connection plug-in of hosts that were not approved: it refuses, and says so. */
export const refusingConnection = "chiffon_refused";

/** The inventory of one run. */
export interface FrozenHosts {
  /** Where it goes inside the snapshot. */
  readonly path: string;
  readonly text: string;
  /** SHA-256 over the variables of the approved hosts, as far as files say them. */
  readonly variables: string;
  /** Whether one of the approved hosts is reached by no network: it is the machine that Ansible runs on. */
  readonly isLocal: boolean;
}

const localNames = new Set(["localhost", "127.0.0.1", "::1"]);

/**
 * Makes the inventory of a run: the same groups, hosts and variables, exactly as they are written. Hosts that were not
 * approved stay, because templates look at them, with a connection that refuses.
 * @throws ChiffonError `not-found`, `bad-input`; `conflict` when an approved host is not in the inventory
 */
export function freezeHosts(options: {
  root: string;
  /** The repository's inventory. */
  path: string;
  approved: readonly string[];
  /** Folders whose group_vars and host_vars count besides those of the inventory, in Ansible's order. */
  folders: readonly string[];
  /** What a dynamic inventory said: in the place of what its files say. */
  resolved?: ResolvedInventory | undefined;
}): FrozenHosts {
  const { path, approved } = options;
  const { files, path: from } = inventorySource(options);
  const folder = files.isFolder(from) ? from : folderOf(from);
  const inventory = readExactInventory(files, from);
  const missing = approved.find((name) => !inventory.hosts.has(name) && !localNames.has(name));
  if (missing !== undefined)
    throw new ChiffonError("conflict", `${missing} is not in the inventory ${path} any more`, {
      hint: "ask again, for a host that is in it",
    });
  const folders = [...new Set([folder, ...options.folders.map((each) => (each === "." ? "" : each))])];
  const variables = readExactVariables(files, inventory, { hosts: [...approved].toSorted(), folders });
  return {
    path: folder === "" ? frozenHostsName : `${folder}/${frozenHostsName}`,
    text: `# Written by Chiffon for one plan, from ${JSON.stringify(path)}.\n${writeExact(toNode(inventory, { isApproved: approver(approved), folder }))}`,
    isLocal: [...variables].some(
      ([host, vars]) => isLocal(vars) ?? (localNames.has(host) && !inventory.hosts.has(host)),
    ),
    variables: hash("sha256", writeExact(mapOf([...variables].map(([host, vars]) => [host, mapOf(vars)])))),
  };
}

function isLocal(vars: ReadonlyMap<string, ExactNode>): boolean | undefined {
  const written = vars.get("ansible_connection");
  return written?.kind === "scalar" ? /^(?:.*\.)?local$/.test(written.text) : undefined;
}

/* The names of this machine stand for each other. */
function approver(approved: readonly string[]): (name: string) => boolean {
  const names = new Set(approved);
  const isHere = approved.some((name) => localNames.has(name));
  return (name) => names.has(name) || (isHere && localNames.has(name));
}

interface Frame {
  readonly isApproved: (name: string) => boolean;
  readonly folder: string;
}

/* Groups in the order in which they were made: Ansible goes through hosts in that order. */
function toNode(inventory: ExactInventory, frame: Frame): ExactNode {
  const written = new Set<string>();
  return mapOf(
    [...inventory.groups].map(([name, group]) => {
      const hosts = [...group.hosts].map((host): [string, ExactNode] => {
        if (written.has(host)) return [host, mapOf([])];
        written.add(host);
        return [checkName(host), mapOf(varsOf(inventory, host, frame))];
      });
      const sections: [string, ExactNode][] = [];
      if (hosts.length > 0) sections.push(["hosts", mapOf(hosts)]);
      if (group.vars.size > 0) sections.push(["vars", mapOf(group.vars)]);
      if (group.children.size > 0)
        sections.push(["children", mapOf([...group.children].map((child) => [child, mapOf([])]))]);
      return [name, mapOf(sections)];
    }),
  );
}

function varsOf(inventory: ExactInventory, name: string, frame: Frame): Map<string, ExactNode> {
  const host = inventory.hosts.get(name);
  const vars = new Map(host?.vars);
  const inside = host === undefined ? "" : host.folder.slice(frame.folder.length).replace(/^\//, "");
  // Ansible's own variable names the folder of the file in which it met the host first.
  if (inside !== "" && /^[\w./ -]+$/.test(inside) && !vars.has("inventory_dir"))
    vars.set("inventory_dir", textNode(`{{ (inventory_file | dirname) ~ '/${inside}' }}`));
  if (!frame.isApproved(name)) vars.set("ansible_connection", textNode(refusingConnection));
  return vars;
}

/* Ansible takes ranges and ports apart wherever it meets a host's name. */
function checkName(name: string): string {
  const entry = expandHostEntry(name);
  if (
    !("problem" in entry) &&
    entry.port === undefined &&
    entry.names.length === 1 &&
    entry.names[0] === name
  )
    return name;
  throw new ChiffonError(
    "bad-input",
    `The host "${name.slice(0, 80)}" cannot be frozen: its name reads as a range.`,
    {
      hint: "Give it a plain name, and its address as ansible_host.",
    },
  );
}

function mapOf(entries: Iterable<readonly [string, ExactNode]>): ExactNode {
  return { kind: "map", entries: [...entries].map(([name, value]) => [textNode(name), value]), tag: null };
}
