import { createInventoryFiles, type InventoryFiles } from "./files.ts";

export interface SourceQuestion {
  /** Absolute path of the repository. */
  readonly root: string;
  /** The inventory, relative to the repository. */
  readonly path: string;
  /** Folders whose group_vars and host_vars count, later ones win. */
  readonly folders: readonly string[];
  readonly host: string;
  /** Groups of the host. */
  readonly groups: readonly string[];
  readonly name: string;
  /** As it was read: an inventory may write the name for other hosts, too. */
  readonly value: string;
}

const maxFiles = 400;

/**
 * `path:line` where the inventory gives a host's variable its value: the nearest place that writes it, host_vars before
 * group_vars before the inventory itself. A help for people: found by text, undefined when it is not found.
 */
export function findVariableSource(question: SourceQuestion): string | undefined {
  const files = createInventoryFiles(question.root);
  const { host, groups, name, path } = question;
  const beside = files.isFolder(path) ? path : path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  const folders = [
    ...new Set([beside, ...question.folders.map((each) => (each === "." ? "" : each))]),
  ].reverse();
  const within = (folder: string, kind: string, of: string) =>
    `${folder === "" ? "" : `${folder}/`}${kind}/${of}`;
  const named = [
    ...folders.map((folder) => within(folder, "host_vars", host)),
    ...folders.flatMap((folder) => [...groups, "all"].map((group) => within(folder, "group_vars", group))),
  ];
  const key = new RegExp(`^["']?${RegExp.escape(name)}["']?\\s*:`);
  for (const file of named.flatMap((each) => variableFiles(files, each)).slice(0, maxFiles)) {
    const line = (files.text(file) ?? "").split("\n").findIndex((text) => key.test(text));
    if (line >= 0) return `${file}:${line + 1}`;
  }
  for (const file of inventoryFiles(files, path).slice(0, maxFiles)) {
    const line = findInInventory((files.text(file) ?? "").split("\n"), question);
    if (line !== undefined) return `${file}:${line + 1}`;
  }
  return undefined;
}

function variableFiles(files: InventoryFiles, path: string): string[] {
  if (files.isFolder(path)) return files.names(path).map((name) => `${path}/${name}`);
  return [path, `${path}.yml`, `${path}.yaml`, `${path}.json`];
}

function inventoryFiles(files: InventoryFiles, path: string): string[] {
  return files.isFolder(path) ? files.names(path).map((name) => `${path}/${name}`) : [path];
}

/** Where the value is written as well: first on the host's own line or below it, then anywhere, for variables of a group. */
function findInInventory(
  lines: readonly string[],
  { host, name, value }: Pick<SourceQuestion, "host" | "name" | "value">,
): number | undefined {
  const own = new RegExp(`^\\s*["']?${RegExp.escape(host)}["']?(?:\\s|:|$)`);
  const says = new RegExp(
    `(?:^|\\s)["']?${RegExp.escape(name)}["']?\\s*[:=]\\s*["']?${RegExp.escape(value.slice(0, 100))}`,
  );
  const from = lines.findIndex((line) => own.test(line));
  const below = from < 0 ? -1 : lines.findIndex((line, index) => index >= from && says.test(line));
  const found = below >= 0 ? below : lines.findIndex((line) => says.test(line));
  return found < 0 ? undefined : found;
}
