import type { InventoryHost } from "../../contracts/catalogue.ts";
import { isTemplated } from "../yaml/values.ts";
import type { Reach } from "./follow.ts";

const localNames = new Set(["localhost", "127.0.0.1", "::1"]);

/** The name by which the machine that Ansible runs on stands among delegates. */
export const thisMachine = "localhost";

/** A host that tasks run on although no play is made for it. */
export interface Delegate {
  readonly host: string;
  /** Where it says so, `file:line`. */
  readonly sources: string[];
}

export interface Reached {
  readonly delegates: Delegate[];
  /** Hosts of the inventory among the delegates. */
  readonly hosts: InventoryHost[];
  /** What only the run decides, or what will end it. */
  readonly notes: string[];
}

/**
 * Sorts what a playbook may touch besides the hosts of its plays: names that are written down become a part of the plan;
 * templates and hosts that nobody knows are told, and end the run unless they turn out to be hosts of the plan.
 */
export function sortReach(
  reach: readonly Reach[],
  known: { inventory: readonly InventoryHost[]; approved: readonly string[] },
): Reached {
  const delegates = new Map<string, Delegate>();
  const notes = new Set<string>();
  const add = (host: string, source: string) => {
    const delegate = delegates.get(host) ?? { host, sources: [] };
    if (!delegate.sources.includes(source)) delegate.sources.push(source);
    delegates.set(host, delegate);
  };
  for (const { kind, name, file, line } of reach) {
    const source = `${file}:${line}`;
    const ends = "unless it is a host of this plan, the run ends before it is touched";
    if (kind === "here") add(thisMachine, source);
    else if (kind === "adds") notes.add(`the task at ${source} adds the host "${name}": ${ends}`);
    else if (isTemplated(name)) {
      if (!isOwnHost(name)) notes.add(`the task at ${source} runs on "${name}": ${ends}`);
    } else if (known.approved.includes(name)) continue;
    else if (localNames.has(name) || known.inventory.some((host) => host.name === name))
      add(localNames.has(name) ? thisMachine : name, source);
    else
      notes.add(`the task at ${source} runs on "${name}", which is not in the inventory: the run ends there`);
  }
  const hosts = known.inventory.filter((host) => delegates.has(host.name));
  return { delegates: [...delegates.values()], hosts, notes: [...notes] };
}

/** `{{ inventory_hostname }}` is the host that the task runs on anyway. */
function isOwnHost(name: string): boolean {
  return /^\{\{\s*inventory_hostname\s*\}\}$/.test(name);
}
