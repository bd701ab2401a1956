import { exactEntries, isNull, type ExactNode } from "../yaml/exact.ts";
import { addChild, addGroup, addHosts, type ExactInventory } from "./exact-model.ts";
import { expandHostEntry } from "./ranges.ts";

interface Reading {
  readonly inventory: ExactInventory;
  readonly folder: string;
  readonly refuse: (problem: string) => Error;
}

/** Reads a YAML inventory as Ansible's own reader does. */
export function readExactYaml(document: ExactNode, into: Reading): void {
  for (const [name, group] of exactEntries(document) ?? []) readGroup(name, group, into);
}

function readGroup(name: string, node: ExactNode, reading: Reading): void {
  const { inventory, refuse } = reading;
  if (node.kind !== "map" && !isNull(node)) return;
  const group = addGroup(inventory, name);
  for (const [key, section] of exactEntries(node) ?? []) {
    if (key === "vars")
      for (const [variable, value] of exactEntries(section) ?? []) group.vars.set(variable, value);
    else if (key === "children")
      for (const [child, below] of namesOf(section)) {
        readGroup(child, below ?? { kind: "map", entries: [], tag: null }, reading);
        if (!addChild(inventory, name, child)) throw refuse(`the group "${child}" holds "${name}" itself`);
      }
    else if (key === "hosts")
      for (const [written, given] of namesOf(section)) readHost({ group: name, written, given }, reading);
  }
}

function readHost(
  at: { group: string; written: string; given: ExactNode | undefined },
  { inventory, folder, refuse }: Reading,
): void {
  const entry = expandHostEntry(at.written);
  if ("problem" in entry) throw refuse(entry.problem);
  addHosts(inventory, { group: at.group, ...entry, folder, vars: exactEntries(at.given) ?? [] });
}

/* One name as text stands for a mapping with that name. */
function namesOf(section: ExactNode): Iterable<readonly [string, ExactNode | undefined]> {
  if (section.kind === "scalar" && !isNull(section)) return [[section.text, undefined]];
  return exactEntries(section) ?? [];
}
