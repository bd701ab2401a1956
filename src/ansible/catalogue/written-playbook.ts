import { isDeepStrictEqual } from "node:util";
import { parseAnsibleYaml } from "../yaml/load.ts";
import type { SourceEntry, SourceMapping, SourceNode } from "../yaml/source-tree.ts";
import { readSourceTree } from "../yaml/source-tree.ts";
import { field, isMapping, scalarText } from "../yaml/values.ts";
import type { YamlMapping } from "../yaml/values.ts";
import { folderOf, stemOf } from "./paths.ts";
import { loopItemFor, moduleNameOf, tagsOf } from "./task-facts.ts";

/*
 * A playbook for one task file of a play: the play as it is written, with the one include. Lines are left out of the text and
 * none is written anew but a loop that is narrowed; what comes out is parsed again and compared with what was meant.
 */

/** Which include of which play: 1-based lines of both, and the file as the include names it. */
export interface PartWish {
  readonly play: number;
  readonly task: number;
  readonly file: string;
}

/** Makes the playbooks of the parts of one playbook; the text is taken apart once. */
export interface PartWriter {
  /** The text, or why there can be none. Never throws. */
  write(wish: PartWish): { text: string } | { problem: string };
}

const maxText = 65_536;
const maxDepth = 20;
const sections: readonly string[] = ["pre_tasks", "tasks", "post_tasks"];
/** What else of the play is left out. Its handlers stay: the tasks may notify them. */
const otherParts = "roles";

/** Where the playbook of a part lies: beside the one that it is made of. Hidden, so no catalogue lists a file of that name. */
export function writtenPath(playbook: string, file: string): string {
  const name = `${stemOf(playbook)}-${file.replace(/\.ya?ml$/, "")}`;
  const plain = name.replaceAll(/[^A-Za-z0-9_]+/g, "-").slice(0, 100);
  const folder = folderOf(playbook);
  return `${folder === "" ? "" : `${folder}/`}.chiffon-${plain}.yml`;
}

export function createPartWriter(playbook: { path: string; text: string }): PartWriter {
  let read: ReturnType<typeof readBoth> | undefined;
  return {
    write(wish) {
      read ??= readBoth(playbook);
      return read === undefined
        ? { problem: "its YAML uses aliases or several documents" }
        : writePart(playbook, read, wish);
    },
  };
}

interface Both {
  readonly tree: SourceNode;
  readonly plays: readonly unknown[];
  readonly lines: readonly string[];
}

function readBoth({ path, text }: { path: string; text: string }): Both | undefined {
  const tree = text.includes("\uFFFD") ? undefined : readSourceTree(text, path);
  const parsed = parseAnsibleYaml(text, { path });
  const plays = "documents" in parsed ? parsed.documents[0] : undefined;
  if (tree === undefined || !Array.isArray(plays)) return undefined;
  return { tree, plays, lines: text.split("\n") };
}

function writePart(
  playbook: { path: string },
  both: Both,
  wish: PartWish,
): { text: string } | { problem: string } {
  const { tree, plays, lines } = both;
  if (tree.kind !== "sequence" || !tree.isBlock) return unusual;
  const at = tree.items.findIndex((item) => item.kind === "mapping" && item.line === wish.play - 1);
  const node = tree.items[at];
  const value = plays[at];
  if (node?.kind !== "mapping" || !isMapping(value)) return unusual;
  const next = tree.items[at + 1];
  const end = next?.kind === "mapping" ? next.line : lines.length;
  const made = cutPlay({ node, value, end, dash: tree.column }, lines, wish);
  if (made === undefined) return unusual;
  if ("problem" in made) return made;
  const name = scalarText(field(value, "name")) ?? scalarText(field(value, "hosts")) ?? "";
  const title = `# Written by Chiffon from ${playbook.path}: the play ${JSON.stringify(name)} with ${wish.file} and without its other parts.`;
  const text = [title.replaceAll(/[\p{Cc}\p{Cf}]+/gu, " "), "---", ...made.lines, ""].join("\n");
  if (text.length > maxText) return { problem: "the play is too long" };
  const again = parseAnsibleYaml(text, { path: playbook.path });
  const same = "documents" in again && isDeepStrictEqual(again.documents, [[made.value]]);
  return same ? { text } : unusual;
}

const unusual = { problem: "the play is written in a form that cannot be cut without changing it" };

interface Item {
  readonly node: SourceMapping;
  readonly value: YamlMapping;
  /** Line behind it. */
  readonly end: number;
  /** Column of its dash. */
  readonly dash: number;
}

interface Made {
  readonly lines: string[];
  readonly value: YamlMapping;
}
type Cut = Made | { problem: string } | undefined;

function cutPlay(play: Item, lines: readonly string[], wish: PartWish): Cut {
  if (tagsOf(play.value).includes("never")) return { problem: 'its play is tagged "never"' };
  const changes = new Map<string, Change>([[otherParts, "left out"]]);
  let found = false;
  for (const entry of play.node.entries) {
    if (!sections.includes(entry.key)) continue;
    const items = itemsOf(play, entry);
    if (items === undefined) return undefined;
    const kept: Made[] = [];
    for (const item of items) {
      const inside = holds(item.node, wish.task - 1);
      const cut = inside ? cutTask(item, { lines, wish, depth: 0 }) : keptTask(item, entry.key, lines);
      if (inside && cut === undefined) return undefined;
      if (cut === undefined) continue;
      if ("problem" in cut) return cut;
      kept.push(cut);
      found ||= inside;
    }
    changes.set(entry.key, kept.length === 0 ? "left out" : sectionOf(kept));
  }
  if (!found) return undefined;
  return writeMapping(play, lines, changes);
}

/** What has to run before any part, and what only loads variables. */
function keptTask(item: Item, section: string, lines: readonly string[]): Made | undefined {
  const tags = tagsOf(item.value);
  const isKept =
    section !== "post_tasks" &&
    !tags.includes("never") &&
    (tags.includes("always") || moduleNameOf(item.value) === "include_vars");
  return isKept ? writeMapping(item, lines, new Map()) : undefined;
}

/** The include itself, or the blocks around it with nothing else inside. */
function cutTask(item: Item, at: { lines: readonly string[]; wish: PartWish; depth: number }): Cut {
  const { lines, wish, depth } = at;
  if (tagsOf(item.value).includes("never")) return { problem: 'it is tagged "never"' };
  if (item.node.line === wish.task - 1) return writeMapping(item, lines, narrowLoop(item.value, wish.file));
  const entry = item.node.entries.find((each) => each.key === "block");
  const hasMore = item.node.entries.some(({ key }) => key === "rescue" || key === "always");
  if (hasMore) return { problem: "it stands in a block with rescue or always" };
  const inner =
    entry === undefined ? undefined : itemsOf(item, entry)?.find((each) => holds(each.node, wish.task - 1));
  if (inner === undefined || depth > maxDepth) return undefined;
  const cut = cutTask(inner, { ...at, depth: depth + 1 });
  if (cut === undefined || "problem" in cut) return cut;
  return writeMapping(item, lines, new Map([["block", sectionOf([cut])]]));
}

/** Of a loop over the names of files only the one that is wanted. */
function narrowLoop(task: YamlMapping, file: string): ReadonlyMap<string, Change> {
  const loop = loopItemFor(task, file);
  if (loop === undefined) return new Map();
  return new Map([[loop.key, { line: `[${JSON.stringify(loop.item)}]`, lines: [], value: [loop.item] }]]);
}

/** In the place of an entry: nothing, or `key: line` with these lines below. */
type Change = "left out" | { line: string; lines: string[]; value: unknown };

const sectionOf = (kept: readonly Made[]): Change => ({
  line: "",
  lines: kept.flatMap((each) => each.lines),
  value: kept.map((each) => each.value),
});

/** The items of a list inside a mapping; undefined when it is not written one below the other. */
function itemsOf(around: Item, entry: SourceEntry): Item[] | undefined {
  const list = field(around.value, entry.key);
  const { value } = entry;
  if (value.kind === "other" && (list === null || list === undefined)) return [];
  if (value.kind !== "sequence" || !Array.isArray(list)) return undefined;
  if (value.items.length === 0) return [];
  if (!value.isBlock) return undefined;
  const items: Item[] = [];
  for (const [index, node] of value.items.entries()) {
    const item: unknown = list[index];
    if (node.kind !== "mapping" || !isMapping(item)) return undefined;
    const next = value.items[index + 1];
    const end = next?.kind === "mapping" ? next.line : endOf(around, entry);
    items.push({ node, value: item, end, dash: value.column });
  }
  return items;
}

function endOf({ node, end }: Item, entry: SourceEntry): number {
  const next = node.entries[node.entries.indexOf(entry) + 1];
  return next?.line ?? end;
}

function holds(node: SourceNode, line: number): boolean {
  if (node.kind === "other") return false;
  if (node.kind === "sequence") return node.items.some((item) => holds(item, line));
  return node.line === line || node.entries.some((entry) => holds(entry.value, line));
}

/** The lines of a mapping as they stand, with its dash, and what they say. */
function writeMapping(
  item: Item,
  lines: readonly string[],
  changes: ReadonlyMap<string, Change>,
): Made | undefined {
  const { node, dash } = item;
  if (!node.isBlock || node.column <= dash) return undefined;
  const written: string[] = [];
  const value: YamlMapping = {};
  for (const entry of node.entries) {
    const change = changes.get(entry.key);
    if (change === "left out") continue;
    if (change === undefined) {
      value[entry.key] = field(item.value, entry.key);
      written.push(...withoutTail(lines.slice(entry.line, endOf(item, entry)), node.column));
    } else {
      value[entry.key] = change.value;
      const end = change.line === "" ? "" : ` ${change.line}`;
      written.push(`${" ".repeat(node.column)}${entry.key}:${end}`, ...change.lines);
    }
  }
  const [first = "", ...rest] = written;
  const start = `${" ".repeat(dash)}-${" ".repeat(node.column - dash - 1)}`;
  return { lines: [`${start}${first.slice(node.column)}`, ...rest], value };
}

/** Blank lines at the end, and comments about what comes next; inside a text value every line is indented further. */
function withoutTail(lines: readonly string[], column: number): string[] {
  let end = lines.length;
  while (end > 1) {
    const line = lines[end - 1] ?? "";
    const isComment = line.trimStart().startsWith("#") && line.length - line.trimStart().length <= column;
    if (line.trim() !== "" && !isComment) break;
    end -= 1;
  }
  return lines.slice(0, end);
}
