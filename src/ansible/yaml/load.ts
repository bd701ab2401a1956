import { EVENT_ID, YAMLException, constructFromEvents, parseEvents } from "js-yaml";
import type { Event } from "js-yaml";
import { adviceFor } from "./advice.ts";
import { indentFlowLines } from "./flow-indentation.ts";
import { ansibleSchema, recordMappings } from "./schema.ts";
import { isVaultText } from "./vaulted.ts";

/** Documents of one file, with the line on which each mapping begins. */
export interface YamlDocuments {
  documents: unknown[];
  /** 1-based line of a mapping made by this parse; undefined for anything else. */
  lineOf(value: unknown): number | undefined;
}

/** Why a text could not be read: 1-based line (null when it has none), and a sentence that says what to do. */
export interface YamlProblem {
  problem: { line: number | null; message: string };
}

/** Largest text that is parsed, in characters; Ansible files are far smaller. */
export const maxYamlLength = 1_048_576;
const maxDepth = 100;
const maxAliases = 2_000;
/** With aliases a small text can stand for a huge value; beyond this many parts it is refused. */
const maxExpandedParts = 200_000;

/**
 * Parses a file the way Ansible reads YAML. Never throws: hostile or broken text becomes a problem. Jinja stays text, `!vault`
 * becomes {@link vaulted}, unknown tags are ignored, a repeated key keeps the last value.
 */
export function parseAnsibleYaml(text: string, file: { path: string }): YamlDocuments | YamlProblem {
  if (text.length > maxYamlLength) {
    return problem(
      null,
      "The file is larger than 1 MiB and was not read. Split it, or keep data out of YAML.",
    );
  }
  if (isVaultText(text)) return { documents: [], lineOf: () => undefined };
  try {
    return parse(text, file.path);
  } catch (error) {
    if (!isAboutBlanks(error)) return problemOf(error, text);
  }
  const indented = indentFlowLines(text);
  try {
    return parse(indented, file.path);
  } catch (error) {
    return problemOf(error, indented);
  }
}

function parse(text: string, path: string): YamlDocuments | YamlProblem {
  const events = parseEvents(text, { filename: path, maxDepth });
  const { result: documents, mappings } = recordMappings(() =>
    constructFromEvents(events, {
      source: text,
      filename: path,
      schema: ansibleSchema,
      json: true,
      maxAliases,
    }),
  );
  const hasAlias = events.some((event) => event.type === EVENT_ID.ALIAS);
  if (hasAlias && expandedParts(documents) > maxExpandedParts) {
    return problem(
      null,
      "Its aliases (*name) stand for far too much data, or for themselves. Write the values out.",
    );
  }
  return { documents, lineOf: createLineFinder(text, events, mappings) };
}

function isAboutBlanks(error: unknown): boolean {
  return error instanceof YAMLException && /^(deficient indentation|tab characters)/.test(error.reason);
}

function problemOf(error: unknown, text: string): YamlProblem {
  if (!(error instanceof YAMLException)) {
    return problem(
      null,
      "The file is not YAML that can be read. Check it with `ansible-lint` or a YAML checker.",
    );
  }
  const found = adviceFor(error.reason, text, error.mark?.line ?? 0);
  return problem(found.line + 1, found.message);
}

function problem(line: number | null, message: string): YamlProblem {
  return { problem: { line, message } };
}

/* The nth mapping event made the nth mapping. Built on first use: most files are never asked. */
function createLineFinder(text: string, events: Event[], mappings: object[]): YamlDocuments["lineOf"] {
  let starts: Map<unknown, number> | undefined;
  let lineStarts: number[] | undefined;
  return (value) => {
    starts ??= startsOf(events, mappings);
    const start = starts.get(value);
    if (start === undefined) return undefined;
    lineStarts ??= lineStartsOf(text);
    return lineAt(lineStarts, start);
  };
}

function startsOf(events: Event[], mappings: object[]): Map<unknown, number> {
  const starts = new Map<unknown, number>();
  let index = 0;
  for (const event of events) {
    if (event.type === EVENT_ID.MAPPING) starts.set(mappings[index++], event.start);
  }
  return starts;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(lineStarts: number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/* Counts shared parts as often as they would be walked; a part that contains itself counts as infinite. */
function expandedParts(root: unknown): number {
  const sizes = new Map<object, number>();
  const size = (value: unknown): number => {
    if (typeof value !== "object" || value === null) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    sizes.set(value, Infinity);
    let total = 1;
    for (const part of Object.values(value)) total += size(part);
    sizes.set(value, total);
    return total;
  };
  return size(root);
}
