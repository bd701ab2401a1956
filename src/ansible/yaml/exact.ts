import { EVENT_ID, SCALAR_STYLE, getScalarValue, parseEvents } from "js-yaml";
import type { Event } from "js-yaml";
import { indentFlowLines } from "./flow-indentation.ts";
import { maxYamlLength } from "./load.ts";

/**
 * A YAML value as it is written: a plain scalar keeps its text, because only Ansible's own reader says what type `0o14`,
 * `1:30` or `2024-01-01` has; tags such as `!vault` and `!unsafe` stay; aliases are put in.
 */
export type ExactNode =
  | { kind: "scalar"; text: string; plain: boolean; tag: string | null }
  | { kind: "map"; entries: [ExactNode, ExactNode][]; tag: string | null }
  | { kind: "list"; items: ExactNode[]; tag: string | null };

const maxDepth = 100;

/** The first document of a text; undefined when it is no YAML or too large. Never throws. */
export function parseExactYaml(text: string): ExactNode | undefined {
  if (text.length > maxYamlLength) return undefined;
  // The second form is for lines inside brackets and quotes that Ansible takes at any indentation.
  return readDocument(text) ?? readDocument(indentFlowLines(text));
}

function readDocument(text: string): ExactNode | undefined {
  try {
    const events = parseEvents(text, { filename: "", maxDepth });
    const reader: Reader = { text, events, at: 1, anchors: new Map() };
    return events[0]?.type === EVENT_ID.DOCUMENT && events[1] !== undefined ? readNode(reader) : undefined;
  } catch {
    return undefined;
  }
}

interface Reader {
  readonly text: string;
  readonly events: readonly Event[];
  at: number;
  readonly anchors: Map<string, ExactNode>;
}

function readNode(reader: Reader): ExactNode {
  const { text, anchors } = reader;
  const event = reader.events[reader.at++];
  if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP)
    throw new Error("not a value");
  const anchor = event.anchorStart === -1 ? undefined : text.slice(event.anchorStart, event.anchorEnd);
  if (event.type === EVENT_ID.ALIAS) {
    const known = anchors.get(anchor ?? "");
    // Also an alias inside what it stands for: it is not complete yet.
    if (known === undefined) throw new Error("unknown alias");
    return known;
  }
  const tag = event.tagStart === -1 ? null : text.slice(event.tagStart, event.tagEnd);
  const node = readBody(reader, event, tag);
  if (anchor !== undefined) anchors.set(anchor, node);
  return node;
}

type Begin = Exclude<Event, { type: typeof EVENT_ID.DOCUMENT | typeof EVENT_ID.POP | typeof EVENT_ID.ALIAS }>;

function readBody(reader: Reader, event: Begin, tag: string | null): ExactNode {
  if (event.type === EVENT_ID.SCALAR) {
    const plain = event.style === SCALAR_STYLE.PLAIN;
    return { kind: "scalar", text: getScalarValue(reader.text, event), plain, tag };
  }
  const isOpen = () => reader.events[reader.at]?.type !== EVENT_ID.POP;
  if (event.type === EVENT_ID.SEQUENCE) {
    const items: ExactNode[] = [];
    while (isOpen()) items.push(readNode(reader));
    reader.at += 1;
    return { kind: "list", items, tag };
  }
  const entries: [ExactNode, ExactNode][] = [];
  while (isOpen()) entries.push([readNode(reader), readNode(reader)]);
  reader.at += 1;
  return { kind: "map", entries, tag };
}

/** A scalar that is a string for every reader. */
export function textNode(text: string): ExactNode {
  return { kind: "scalar", text, plain: false, tag: null };
}

/** A scalar whose type follows from its text. */
export function plainNode(text: string): ExactNode {
  return { kind: "scalar", text, plain: true, tag: null };
}

/** True for null, written or left out. */
export function isNull(node: ExactNode): boolean {
  return (
    node.kind === "scalar" && node.plain && node.tag === null && /^(?:|~|null|Null|NULL)$/.test(node.text)
  );
}

/**
 * Names and values of a mapping, merged keys (`<<`) put in as Ansible's reader does: what is written itself comes last and
 * wins. Keys that are no scalars are left out. Undefined for what is no mapping.
 */
export function exactEntries(node: ExactNode | undefined): Map<string, ExactNode> | undefined {
  if (node?.kind !== "map") return undefined;
  const merged: [string, ExactNode][] = [];
  const own: [string, ExactNode][] = [];
  for (const [key, value] of node.entries) {
    if (key.kind !== "scalar") continue;
    if (!key.plain || key.text !== "<<") own.push([key.text, value]);
    else {
      const parts = value.kind === "list" ? value.items.toReversed() : [value];
      for (const part of parts) merged.push(...(exactEntries(part) ?? []));
    }
  }
  return new Map([...merged, ...own]);
}
