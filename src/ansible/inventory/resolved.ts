import { isIPv6 } from "node:net";
import { ChiffonError } from "../../domain/errors.ts";
import { runsLookup } from "../trust/texts.ts";
import { exactEntries, isNull, parseExactYaml, type ExactNode } from "../yaml/exact.ts";
import { maxYamlLength } from "../yaml/load.ts";
import { writeExact } from "../yaml/write-exact.ts";
import { createInventoryFiles, type InventoryFiles } from "./files.ts";
import { maxHosts } from "./model.ts";
import { folderOf } from "./names.ts";

/** Name of the file with what a dynamic inventory said; it lies where the inventory does, so that group_vars beside it count. */
const resolvedName = ".chiffon-inventory.yml";

/** What a dynamic inventory said once: a static inventory in its place. */
export interface ResolvedInventory {
  /** Where it goes inside the snapshot. */
  readonly path: string;
  readonly text: string;
}

/** Where the inventory is read from: the repository, with what a dynamic one said in its place. */
export function inventorySource(options: {
  root: string;
  path: string;
  resolved?: ResolvedInventory | undefined;
}): { files: InventoryFiles; path: string } {
  const disk = createInventoryFiles(options.root);
  const { resolved } = options;
  if (resolved === undefined) return { files: disk, path: options.path };
  const { path, text } = resolved;
  return {
    path,
    files: {
      ...disk,
      text: (asked) => (asked === path ? text : disk.text(asked)),
      isFolder: (asked) => asked !== path && disk.isFolder(asked),
      encrypted: (asked) => (asked === path ? [] : disk.encrypted(asked)),
    },
  };
}

const hostName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;
const groupName = /^\P{C}{1,250}$/u;
const maxDepth = 40;

/**
 * Takes what `ansible-inventory --list --yaml --export` printed for a dynamic inventory. It comes from a program that may have it
 * from anywhere: names that would mean something else to Ansible, and templates that would run a program, are refused.
 * @throws ChiffonError `bad-input`, `too-large`
 */
export function readAnswer(
  printed: string,
  at: { files: Pick<InventoryFiles, "isFolder">; path: string },
): ResolvedInventory {
  const { path } = at;
  if (printed.length > maxYamlLength)
    throw tooLarge(path, `its answer has more than ${maxYamlLength} characters`);
  const document = parseExactYaml(printed);
  if (exactEntries(document) === undefined || document === undefined)
    throw refused(path, "its answer is no inventory");
  const seen = { hosts: new Set<string>(), path };
  for (const [name, group] of exactEntries(document) ?? []) checkGroup(name, group, { ...seen, depth: 0 });
  if (seen.hosts.size === 0) throw refused(path, "it names no host");
  const text = `# What ${JSON.stringify(path)} said, when Chiffon asked it for one plan.\n${writeExact(document)}`;
  if (text.length > maxYamlLength)
    throw tooLarge(path, `its answer has more than ${maxYamlLength} characters`);
  if (runsLookup(text)) throw refused(path, "a value in its answer has a lookup that would run a program");
  const folder = at.files.isFolder(path) ? path : folderOf(path);
  return { path: folder === "" ? resolvedName : `${folder}/${resolvedName}`, text };
}

interface Seen {
  readonly hosts: Set<string>;
  readonly path: string;
  readonly depth: number;
}

function checkGroup(name: string, node: ExactNode, seen: Seen): void {
  const { path, hosts, depth } = seen;
  if (!groupName.test(name)) throw refused(path, `it has a group named ${shown(name)}`);
  if (depth > maxDepth) throw refused(path, "its groups are nested too deeply");
  if (isNull(node)) return;
  const sections = exactEntries(node);
  const other = [...(sections?.keys() ?? [])].find((key) => !["hosts", "vars", "children"].includes(key));
  if (sections === undefined || other !== undefined) throw refused(path, "its answer is no inventory");
  for (const host of namesIn("hosts", sections, path).keys()) {
    if ((!hostName.test(host) && !isIPv6(host)) || /^(?:all|ungrouped)$/.test(host))
      throw refused(path, `it has a host named ${shown(host)}, which Ansible would not take for one host`);
    hosts.add(host);
  }
  if (hosts.size > maxHosts) throw tooLarge(path, `it has more than ${maxHosts} hosts`);
  for (const [child, below] of namesIn("children", sections, path))
    checkGroup(child, below, { ...seen, depth: depth + 1 });
}

function namesIn(
  key: string,
  sections: ReadonlyMap<string, ExactNode>,
  path: string,
): ReadonlyMap<string, ExactNode> {
  const section = sections.get(key);
  if (section === undefined || isNull(section)) return new Map();
  const names = exactEntries(section);
  if (names === undefined) throw refused(path, "its answer is no inventory");
  return names;
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** An inventory whose answer cannot be used. */
export function refused(path: string, why: string): ChiffonError {
  return new ChiffonError("bad-input", `The dynamic inventory ${path} cannot be used: ${why}.`, {
    hint: `See what it says (ansible-inventory -i ${path} --list), correct it, then ask again.`,
  });
}

function tooLarge(path: string, why: string): ChiffonError {
  return new ChiffonError("too-large", `The dynamic inventory ${path} cannot be used: ${why}.`, {
    hint: "Let it give fewer hosts or variables, then ask again.",
  });
}
