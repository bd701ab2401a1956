import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import type { Report } from "./ini.ts";
import type { InventoryModel } from "./model.ts";
import { expandHostEntry } from "./ranges.ts";

const maxDepth = 40;

/** True for a document that Ansible's YAML inventory plug-in accepts. */
export function isYamlInventory(document: unknown): document is YamlMapping {
  return (
    isMapping(document) &&
    Object.keys(document).length > 0 &&
    Object.values(document).every((group) => group === null || isGroup(group))
  );
}

function isGroup(value: unknown): boolean {
  return (
    isMapping(value) &&
    Object.keys(value).every((key) => key === "hosts" || key === "vars" || key === "children")
  );
}

/** The plug-in of a plug-in's configuration (`plugin: …`): only it knows the hosts. Undefined for anything else. */
export function pluginOf(document: unknown): string | undefined {
  if (!isMapping(document) || !Object.hasOwn(document, "plugin")) return undefined;
  const name = scalarText(document["plugin"]) ?? "";
  return /^[\w.-]{1,120}$/.test(name) ? name : "without a name";
}

/** Reads a YAML inventory into the model. */
export function readYamlInventory(document: YamlMapping, model: InventoryModel, report: Report): void {
  for (const [name, group] of Object.entries(document)) readGroup({ name, group, depth: 0 }, model, report);
}

function readGroup(
  at: { name: string; group: unknown; depth: number },
  model: InventoryModel,
  report: Report,
): void {
  const { name, group, depth } = at;
  model.addGroup(name);
  if (!isMapping(group)) return;
  if (depth > maxDepth) {
    report({ line: null, message: `The group "${name}" is nested too deeply and was not read.` });
    return;
  }
  const vars = field(group, "vars");
  if (isMapping(vars)) for (const [key, text] of scalars(vars)) model.setGroupVar(name, key, text);
  const children = field(group, "children");
  for (const [child, below] of entriesOf(children)) {
    if (model.addChild(name, child))
      readGroup({ name: child, group: below, depth: depth + 1 }, model, report);
    else
      report({
        line: null,
        message: `The group "${child}" cannot be inside "${name}": it holds that group itself.`,
      });
  }
  for (const [written, given] of entriesOf(field(group, "hosts")))
    readHost({ name, written, given }, model, report);
}

function readHost(
  at: { name: string; written: string; given: unknown },
  model: InventoryModel,
  report: Report,
): void {
  const entry = expandHostEntry(at.written);
  if ("problem" in entry) {
    report({ line: null, message: entry.problem });
    return;
  }
  for (const host of entry.names) {
    if (!model.addHost(at.name, host)) {
      report({ line: null, message: "There are too many hosts; the rest was not read." });
      return;
    }
    if (entry.port !== undefined) model.setHostVar(host, "ansible_port", entry.port);
    if (isMapping(at.given)) for (const [key, text] of scalars(at.given)) model.setHostVar(host, key, text);
  }
}

/* Ansible also takes one name as text where a mapping is usual. */
function entriesOf(value: unknown): [string, unknown][] {
  if (typeof value === "string") return [[value, null]];
  return isMapping(value) ? Object.entries(value) : [];
}

function scalars(mapping: YamlMapping): [string, string][] {
  return Object.entries(mapping).flatMap(([key, value]) => {
    const text = scalarText(value);
    return text === undefined ? [] : [[key, text] as [string, string]];
  });
}
