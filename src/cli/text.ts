import { stripVTControlCharacters } from "node:util";
import { sanitiseTerminalText } from "../domain/terminal-text.ts";

/** Text from a server or repository as one line without any control character. */
export function oneLine(text: string): string {
  return plain(text).replace(/[\r\n\t]+/g, " ");
}

/** Text of several lines without colours or other control characters. */
export function plain(text: string): string {
  return stripVTControlCharacters(sanitiseTerminalText(text)).replace(/\r\n?/g, "\n");
}

/** Code points that take two columns: East Asian wide and full-width forms, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const narrowest = /[\p{Mn}\p{Me}\p{Cf}]/u;

/** Columns of a terminal that a text takes, colours not counted. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    width += narrowest.test(character) ? 0 : wide.test(character) ? 2 : 1;
  }
  return width;
}

/** A plain text shortened to a width, with `…` at the end. */
export function fit(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = "";
  let used = 1;
  for (const character of text) {
    used += widthOf(character);
    if (used > width) break;
    out += character;
  }
  return `${out}…`;
}

export interface Column {
  readonly title: string;
  /** Gives way when the table is wider than the terminal; the others never do. */
  readonly flexible?: boolean;
  readonly right?: boolean;
}

const gap = "  ";
const narrowestColumn = 8;

/** Rows of plain cells under titles, as wide as their content or, when `columns` is given, as the terminal. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width?: number,
): string[] {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[index] ?? ""))),
  );
  if (width !== undefined) shrink(columns, widths, width);
  const line = (row: readonly string[]): string =>
    columns
      .map((column, index) => {
        const room = widths[index] ?? 0;
        const cell = fit(row[index] ?? "", room);
        const padding = " ".repeat(Math.max(0, room - widthOf(cell)));
        return column.right === true ? padding + cell : cell + padding;
      })
      .join(gap)
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...cells.map(line)];
}

function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const all = (): number => widths.reduce((sum, one) => sum + one, gap.length * (columns.length - 1));
  const flexible = columns.flatMap((column, index) => (column.flexible === true ? [index] : []));
  while (all() > width) {
    const widest = flexible.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined || (widths[widest] ?? 0) <= narrowestColumn) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
  return `${Math.floor(whole / 3_600)} h ${String(Math.floor((whole % 3_600) / 60)).padStart(2, "0")} min`;
}

/** An instant in the time of this machine, `2026-11-22 15:33:07`; `-` for none. */
export function localTime(instant: string | null): string {
  if (instant === null) return "-";
  const at = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The beginning of an id that commands accept in place of all of it. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** A word as a POSIX shell reads it back. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** "1 task", "2 tasks". */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
