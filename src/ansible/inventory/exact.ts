import { ChiffonError } from "../../domain/errors.ts";
import { exactEntries, parseExactYaml, type ExactNode } from "../yaml/exact.ts";
import { readExactIni } from "./exact-ini.ts";
import { createExactInventory, groupsByHost, type ExactInventory } from "./exact-model.ts";
import { readExactYaml } from "./exact-yaml.ts";
import type { InventoryFiles } from "./files.ts";
import { folderOf, isHelper, isIgnored, varsPaths } from "./names.ts";

const maxFiles = 2_000;
const maxDepth = 12;

/**
 * Reads a static inventory with every value as it is written. What scripts and plug-ins would add is left out.
 * @throws ChiffonError `not-found`; `bad-input` for what Ansible refuses, and for values that have no exact form
 */
export function readExactInventory(files: InventoryFiles, path: string): ExactInventory {
  if (!files.isFolder(path) && files.text(path) === undefined)
    throw new ChiffonError("not-found", `There is no inventory "${path}" inside the repository.`, {
      hint: "Name a file or folder of the repository, relative to its top.",
    });
  const inventory = createExactInventory();
  readSource({ files, inventory, left: maxFiles }, path, 0);
  return inventory;
}

interface Reading {
  readonly files: InventoryFiles;
  readonly inventory: ExactInventory;
  left: number;
}

function readSource(reading: Reading, path: string, depth: number): void {
  const { files } = reading;
  if (--reading.left < 0 || depth > maxDepth) return;
  if (!files.isFolder(path)) return readFile(reading, path);
  for (const name of files.names(path))
    if (!isIgnored(name)) readSource(reading, path === "" ? name : `${path}/${name}`, depth + 1);
}

function readFile({ files, inventory }: Reading, path: string): void {
  const text = files.text(path);
  const isOther = (start: string) => text?.startsWith(start) === true;
  if (typeof text !== "string" || isOther("#!") || isOther("$ANSIBLE_VAULT")) return;
  if (path.endsWith(".toml") || isHelper(path, text)) return;
  const into = { inventory, folder: folderOf(path), refuse: (problem: string) => refuse(path, problem) };
  const document = path.endsWith(".ini") ? undefined : parseExactYaml(text);
  const top = exactEntries(document);
  if (top?.has("plugin") === true) return;
  if (document !== undefined && top !== undefined && isInventory(top)) readExactYaml(document, into);
  else if (!/\.(ya?ml|json)$/.test(path)) readExactIni(text, into);
}

function isInventory(groups: ReadonlyMap<string, ExactNode>): boolean {
  const known = ["hosts", "vars", "children"];
  const isGroup = (node: ExactNode) =>
    [...(exactEntries(node)?.keys() ?? [])].every((key) => known.includes(key));
  return groups.size > 0 && [...groups.values()].every((node) => node.kind !== "list" && isGroup(node));
}

function refuse(path: string, problem: string): ChiffonError {
  return new ChiffonError("bad-input", `The inventory ${path} cannot be frozen: ${problem}.`, {
    hint: "Ansible would refuse it, or read it otherwise. Correct it, then ask again.",
  });
}

/**
 * The variables of hosts by Ansible's order: groups of the inventory, group_vars beside it and in `folders`, the host's own,
 * host_vars beside it and in `folders`. Nothing is templated and nothing decrypted.
 */
export function readExactVariables(
  files: InventoryFiles,
  inventory: ExactInventory,
  from: { hosts: readonly string[]; folders: readonly string[] },
): Map<string, Map<string, ExactNode>> {
  const groupsOf = groupsByHost(inventory);
  const known = new Map<string, Map<string, ExactNode>>();
  const fileVars = (kind: string, name: string): Map<string, ExactNode> => {
    const key = `${kind}/${name}`;
    const read = known.get(key) ?? readVars(files, from.folders, key);
    known.set(key, read);
    return read;
  };
  return new Map(
    from.hosts.map((host) => {
      const groups = groupsOf(host);
      const layers = [
        ...groups.map((group) => inventory.groups.get(group)?.vars),
        ...groups.map((group) => fileVars("group_vars", group)),
        inventory.hosts.get(host)?.vars,
        fileVars("host_vars", host),
      ];
      return [host, new Map(layers.flatMap((layer) => [...(layer ?? [])]))];
    }),
  );
}

function readVars(files: InventoryFiles, folders: readonly string[], name: string): Map<string, ExactNode> {
  const found = new Map<string, ExactNode>();
  for (const folder of folders)
    for (const path of varsPaths(files, folder === "" ? name : `${folder}/${name}`)) {
      const text = files.text(path);
      if (typeof text !== "string") continue;
      // A file that is encrypted as a whole has one value: its text.
      const entries = text.startsWith("$ANSIBLE_VAULT")
        ? [[path, { kind: "scalar", text, plain: false, tag: "!vault" }] as const]
        : (exactEntries(parseExactYaml(text)) ?? []);
      for (const [variable, value] of entries) found.set(variable, value);
    }
  return found;
}
