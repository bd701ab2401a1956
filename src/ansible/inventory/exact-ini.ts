import type { ExactNode } from "../yaml/exact.ts";
import { addChild, addGroup, addHosts, type ExactInventory } from "./exact-model.ts";
import { splitWords } from "./ini.ts";
import { readIniValue } from "./literal.ts";
import { expandHostEntry } from "./ranges.ts";

interface Reading {
  readonly inventory: ExactInventory;
  readonly folder: string;
  /** Children that are named before their own section: Ansible links them when it comes there. */
  readonly pending: Map<string, string[]>;
  readonly refuse: (problem: string) => Error;
}

/** Reads an INI inventory as Ansible's own reader does, value types and the order of everything included. */
export function readExactIni(
  text: string,
  into: { inventory: ExactInventory; folder: string; refuse: (problem: string) => Error },
): void {
  const reading: Reading = { ...into, pending: new Map() };
  const { inventory, refuse } = reading;
  let group = "ungrouped";
  let kind = "hosts";
  for (const [index, raw] of text.split(/\r\n|\n|\r/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const section = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line);
    if (section !== null) {
      group = section[1] ?? "ungrouped";
      kind = section[2] ?? "hosts";
      addGroup(inventory, group);
      if (kind !== "vars") link(reading, group);
    } else if (kind === "hosts") readHostLine(line, { ...reading, group });
    else if (kind === "children") readChild(line, { ...reading, group });
    else if (kind === "vars") {
      const equals = line.indexOf("=");
      if (equals === -1) throw refuse(`line ${index + 1} is no variable`);
      const value = valueOf(line.slice(equals + 1).trim(), reading);
      addGroup(inventory, group).vars.set(line.slice(0, equals).trim(), value);
    } else throw refuse(`line ${index + 1} stands in a section of unknown kind`);
  }
  for (const [name] of reading.pending)
    throw refuse(`the group "${name}" is named as a child and does not exist`);
}

function readHostLine(line: string, reading: Reading & { group: string }): void {
  const { inventory, group, folder, refuse } = reading;
  const [written = "", ...pairs] = splitWords(line);
  const entry = expandHostEntry(written);
  if ("problem" in entry) throw refuse(entry.problem);
  const vars = pairs.map((pair): [string, ExactNode] => {
    const equals = pair.indexOf("=");
    if (equals < 1) throw refuse(`"${pair.slice(0, 80)}" is no variable`);
    return [pair.slice(0, equals), valueOf(pair.slice(equals + 1), reading)];
  });
  addHosts(inventory, { group, ...entry, folder, vars });
}

function readChild(line: string, { inventory, pending, group, refuse }: Reading & { group: string }): void {
  const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line)?.[1];
  if (child === undefined) throw refuse(`"${line.slice(0, 80)}" is no name of a group`);
  if (!inventory.groups.has(child)) pending.set(child, [...(pending.get(child) ?? []), group]);
  else if (!addChild(inventory, group, child)) throw refuse(`the group "${child}" holds "${group}" itself`);
}

function link({ inventory, pending, refuse }: Reading, group: string): void {
  const parents = pending.get(group) ?? [];
  pending.delete(group);
  for (const parent of parents)
    if (!addChild(inventory, parent, group)) throw refuse(`the group "${group}" holds "${parent}" itself`);
}

function valueOf(text: string, { refuse }: Pick<Reading, "refuse">): ExactNode {
  const value = readIniValue(text);
  if (value === undefined) throw refuse(`the value ${text.slice(0, 80)} has a type that only Python has`);
  return value;
}
