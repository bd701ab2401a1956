import { plainText } from "./log-text.ts";

/** One line of Ansible's output and where it belongs, as far as the output tells. */
export interface LogLine {
  /** Counts from 1 over the whole run, with lines that were let go. */
  readonly number: number;
  readonly taskId: string;
  readonly attempt: number;
  /** Which heading of the attempt's output it stands under, from 0; -1 outside any, for example in the recap. */
  readonly section: number;
  readonly host: string | null;
  /** With colours, without any other control character. */
  readonly text: string;
  /** Characters of the text that are seen: without its colours. */
  readonly letters: number;
  /** Characters of the line that are not kept here. */
  readonly cut: number;
}

/**
 * All lines in order, in blocks that never change once full: adding a line to a long log copies one block, not the log.
 */
export interface LogLines {
  readonly blocks: readonly (readonly LogLine[])[];
  readonly count: number;
  /** How many lines at the beginning were let go because there were too many. */
  readonly dropped: number;
}

export const emptyLog: LogLines = { blocks: [], count: 0, dropped: 0 };

const blockSize = 512;
/** Lines that the page keeps; more are in the download. */
const mostBlocks = 400;
export function addLines(log: LogLines, lines: readonly Omit<LogLine, "number">[]): LogLines {
  if (lines.length === 0) return log;
  const blocks = [...log.blocks];
  const last = blocks.at(-1);
  let open: LogLine[] = last !== undefined && last.length < blockSize ? [...last] : [];
  if (open.length > 0) blocks.pop();
  let number = log.dropped + log.count;
  for (const line of lines) {
    number += 1;
    open.push({ ...line, number });
    if (open.length < blockSize) continue;
    blocks.push(open);
    open = [];
  }
  if (open.length > 0) blocks.push(open);
  const gone = blocks.splice(0, Math.max(0, blocks.length - mostBlocks));
  const dropped = gone.reduce((sum, block) => sum + block.length, log.dropped);
  return { blocks, count: number - dropped, dropped };
}

/** The line at an index among those that are kept. */
export function lineAt(log: LogLines, index: number): LogLine | undefined {
  // Every block but the last is full, and whole blocks are let go.
  return log.blocks[Math.floor(index / blockSize)]?.[index % blockSize];
}

/** Which lines to show: of one ansibleTask, of one host in it, or of one step. */
export interface LineFilter {
  readonly taskId: string;
  readonly attempt: number | null;
  /** Null lets all through. */
  readonly sections: ReadonlySet<number> | null;
  readonly host: string | null;
}

function matches(line: LogLine, filter: LineFilter): boolean {
  return (
    line.taskId === filter.taskId &&
    (filter.attempt === null || line.attempt === filter.attempt) &&
    (filter.sections === null || filter.sections.has(line.section)) &&
    // Lines that name no host, such as a heading, belong to all of them.
    (filter.host === null || line.host === null || line.host === filter.host)
  );
}

/** Indexes of the kept lines that a filter lets through, in order. */
export function filterLines(log: LogLines, filter: LineFilter): number[] {
  const found: number[] = [];
  let index = 0;
  for (const block of log.blocks)
    for (const line of block) {
      if (matches(line, filter)) found.push(index);
      index += 1;
    }
  return found;
}

/** Positions in the shown lines whose text holds the words, whatever their case. */
export function searchLines(log: LogLines, shown: readonly number[] | null, words: string): number[] {
  const wanted = words.toLowerCase();
  if (wanted === "") return [];
  const found: number[] = [];
  const length = shown === null ? log.count : shown.length;
  for (let position = 0; position < length; position += 1) {
    const line = lineAt(log, shown === null ? position : (shown[position] ?? -1));
    if (line !== undefined && plainText(line.text).toLowerCase().includes(wanted)) found.push(position);
  }
  return found;
}
