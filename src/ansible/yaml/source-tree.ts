import { COLLECTION_STYLE, EVENT_ID, getScalarValue, parseEvents } from "js-yaml";
import type { Event } from "js-yaml";

/*
 * Where the parts of a YAML text stand, so that lines can be left out of it and every other character stays as it was written:
 * tags, quotes, Jinja and vaulted values need not be written back. Lines are 0-based, `end` is the first line behind.
 */

export type SourceNode = SourceMapping | SourceSequence | { readonly kind: "other" };

export interface SourceMapping {
  readonly kind: "mapping";
  /** Only with one key for each line, as people write plays. */
  readonly isBlock: boolean;
  readonly line: number;
  /** Column of its keys. */
  readonly column: number;
  readonly entries: readonly SourceEntry[];
}

export interface SourceEntry {
  readonly key: string;
  readonly line: number;
  readonly value: SourceNode;
}

export interface SourceSequence {
  readonly kind: "sequence";
  readonly isBlock: boolean;
  /** Column of its dashes. */
  readonly column: number;
  readonly items: readonly SourceNode[];
}

const maxDepth = 100;

/** The only document of the text; undefined when it has several, cannot be read, or uses an alias (`*name`). */
export function readSourceTree(text: string, path: string): SourceNode | undefined {
  let events: Event[];
  try {
    events = parseEvents(text, { filename: path, maxDepth });
  } catch {
    return undefined;
  }
  if (events.some((event) => event.type === EVENT_ID.ALIAS)) return undefined;
  if (events.filter((event) => event.type === EVENT_ID.DOCUMENT).length !== 1) return undefined;
  const reader = { text, events, at: 1, starts: lineStarts(text) };
  return readNode(reader);
}

interface Reader {
  readonly text: string;
  readonly events: readonly Event[];
  readonly starts: readonly number[];
  at: number;
}

function readNode(reader: Reader): SourceNode {
  const event = reader.events[reader.at];
  reader.at += 1;
  if (event?.type === EVENT_ID.SEQUENCE) {
    const items: SourceNode[] = [];
    while (!isEnd(reader)) items.push(readNode(reader));
    reader.at += 1;
    const { column } = placeOf(reader, event.start);
    return { kind: "sequence", isBlock: event.style === COLLECTION_STYLE.BLOCK, column, items };
  }
  if (event?.type === EVENT_ID.MAPPING) {
    const place = placeOf(reader, event.start);
    const entries: SourceEntry[] = [];
    while (!isEnd(reader)) entries.push(readEntry(reader));
    reader.at += 1;
    return { kind: "mapping", isBlock: event.style === COLLECTION_STYLE.BLOCK, ...place, entries };
  }
  return { kind: "other" };
}

function readEntry(reader: Reader): SourceEntry {
  const key = reader.events[reader.at];
  if (key?.type !== EVENT_ID.SCALAR) {
    readNode(reader);
    return { key: "", line: -1, value: readNode(reader) };
  }
  reader.at += 1;
  const { line } = placeOf(reader, key.valueStart);
  return { key: getScalarValue(reader.text, key), line, value: readNode(reader) };
}

const isEnd = ({ events, at }: Reader): boolean => {
  const event = events[at];
  return event === undefined || event.type === EVENT_ID.POP;
};

function placeOf({ starts }: Reader, offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low, column: offset - (starts[low] ?? 0) };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}
