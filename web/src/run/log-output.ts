import type { LogLine } from "./log-lines.ts";
import { cleanLine, plainText } from "./log-text.ts";

/** Characters of one line that the page keeps. */
const longestLine = 20_000;

/** Where in the output of one attempt the next line stands. */
export interface OutputState {
  /** Characters of the attempt that have arrived. */
  readonly offset: number;
  /** The line that has not ended yet. */
  readonly open: string;
  /** Characters of it that were let go. */
  readonly cut: number;
  /** Names in the headings that have come by, in order. */
  readonly headings: readonly string[];
  readonly section: number;
  readonly host: string | null;
}

export const beginOutput: OutputState = {
  offset: 0,
  open: "",
  cut: 0,
  headings: [],
  section: -1,
  host: null,
};

type Found = Omit<LogLine, "number" | "taskId" | "attempt">;

/** Takes a piece of an attempt's output; whole lines come out. What has arrived before is dropped by its offset. */
export function takeOutput(
  state: OutputState,
  piece: { readonly offset: number; readonly text: string },
): { state: OutputState; lines: Found[] } {
  const known = state.offset - piece.offset;
  if (known >= piece.text.length) return { state, lines: [] };
  const text = known > 0 ? piece.text.slice(known) : piece.text;
  const parts = text.split(/\r\n|\n|\r(?=.)/su);
  const lines: Found[] = [];
  let now: OutputState = { ...state, offset: piece.offset + piece.text.length };
  parts.forEach((part, index) => {
    now = lengthen(now, part);
    if (index === parts.length - 1) return;
    now = place(now);
    lines.push(lineOf(now));
    now = { ...now, open: "", cut: 0 };
  });
  return { state: now, lines };
}

/** The unfinished line of an attempt that has ended. */
export function endOutput(state: OutputState): { state: OutputState; lines: Found[] } {
  if (state.open === "") return { state, lines: [] };
  const now = place(state);
  return { state: { ...now, open: "", cut: 0 }, lines: [lineOf(now)] };
}

function lengthen(state: OutputState, part: string): OutputState {
  const room = Math.max(0, longestLine - state.open.length);
  if (part.length <= room) return { ...state, open: state.open + part };
  return { ...state, open: state.open + part.slice(0, room), cut: state.cut + part.length - room };
}

function lineOf(state: OutputState): Found {
  const text = cleanLine(state.open.endsWith("\r") ? state.open.slice(0, -1) : state.open);
  const letters = text.includes("\u001b") ? plainText(text).length : text.length;
  return { section: state.section, host: state.host, text, letters, cut: state.cut };
}

const heading = /^(?:TASK|RUNNING HANDLER|CLEANUP TASK) \[(.*)\] \**$/;
const outside = /^(?:PLAY|PLAY RECAP|NO MORE HOSTS LEFT)\b.*\*{3}/;
const result =
  /^(?:ok|changed|skipping|fatal|failed|ignored|unreachable|FAILED - RETRYING): \[([^\]]+?)(?: -> [^\]]*)?\]/;

/** Reads from a line under which heading it stands, and of which host it speaks. */
function place(state: OutputState): OutputState {
  // Headings and results are short, or say it at the beginning of the line.
  const text = plainText(state.open.slice(0, 1_000)).trimEnd();
  const name = heading.exec(text)?.[1];
  if (name !== undefined)
    return { ...state, headings: [...state.headings, name], section: state.headings.length, host: null };
  if (outside.test(text)) return { ...state, section: -1, host: null };
  const named = result.exec(text)?.[1];
  if (named !== undefined) return { ...state, host: named };
  // A blank line ends what was said about a host, and a diff stands before the host that it belongs to.
  if (text === "" || text.startsWith("--- ")) return { ...state, host: null };
  return state;
}

/**
 * Which of an attempt's headings belong to an ansibleTask. Output and events come on two ways, so this is worked out from
 * both when it is needed: a heading means the next ansibleTask of its name, or an earlier one whose heading is repeated.
 */
export function findSections(
  headings: readonly string[],
  announced: readonly { readonly key: string; readonly name: string }[],
  key: string,
): Set<number> {
  const found = new Set<number>();
  let from = -1;
  headings.forEach((name, section) => {
    const isIt = (index: number): boolean => plainText(announced[index]?.name ?? "").trim() === name;
    let index = from + 1;
    while (index < announced.length && !isIt(index)) index += 1;
    if (index === announced.length) {
      index = from;
      while (index >= 0 && !isIt(index)) index -= 1;
    } else from = index;
    if (index >= 0 && announced[index]?.key === key) found.add(section);
  });
  return found;
}
