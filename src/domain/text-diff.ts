/** Lines around a change. */
const context = 3;
/** Beyond this many pairs of lines, what lies between the first and the last difference is shown as replaced. */
const maxPairs = 2_000_000;

/**
 * The unified diff of two texts, without file names; "" when they are the same.
 * @param limit longest result in lines; what is beyond is said in `note`
 */
export function diffText(was: string, is: string, limit: number): { text: string; note: string | null } {
  if (was === is) return { text: "", note: null };
  const [before, after] = [linesOf(was), linesOf(is)];
  const edits = editsOf(before, after);
  const lines = hunksOf(edits).flatMap(writeHunk);
  const rest = lines.length - limit;
  return rest <= 0
    ? { text: lines.join("\n"), note: null }
    : { text: lines.slice(0, limit).join("\n"), note: `${rest} more lines of this diff are not shown` };
}

interface Edit {
  readonly mark: " " | "-" | "+";
  readonly line: string;
  /** Numbers of the line before and now, from 0: where it is, or would be. */
  readonly was: number;
  readonly is: number;
}

/** The end of the last line is part of the text: with and without it are two texts. */
function linesOf(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  else lines.push(`${lines.pop() ?? ""}\n\\ No newline at end of file`);
  return lines;
}

function editsOf(before: readonly string[], after: readonly string[]): Edit[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const [old, fresh] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const marks = old.length * fresh.length > maxPairs ? replaced(old, fresh) : longestCommon(old, fresh);
  const kept = (lines: readonly string[]) => lines.map((line) => ({ mark: " " as const, line }));
  const all = [...kept(before.slice(0, start)), ...marks, ...kept(before.slice(before.length - end))];
  let [was, is] = [0, 0];
  return all.map(({ mark, line }) => {
    const edit = { mark, line, was, is };
    if (mark !== "+") was += 1;
    if (mark !== "-") is += 1;
    return edit;
  });
}

type Mark = Pick<Edit, "mark" | "line">;

function replaced(old: readonly string[], fresh: readonly string[]): Mark[] {
  return [
    ...old.map((line) => ({ mark: "-" as const, line })),
    ...fresh.map((line) => ({ mark: "+" as const, line })),
  ];
}

/** By the table of longest common parts, from the end, so that reading it forward gives the edits in order. */
function longestCommon(old: readonly string[], fresh: readonly string[]): Mark[] {
  const width = fresh.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = fresh.length - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const marks: Mark[] = [];
  let [i, j] = [0, 0];
  while (i < old.length && j < fresh.length) {
    const [left, right] = [old[i] ?? "", fresh[j] ?? ""];
    if (left === right) {
      marks.push({ mark: " ", line: left });
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) {
      marks.push({ mark: "-", line: left });
      i += 1;
    } else {
      marks.push({ mark: "+", line: right });
      j += 1;
    }
  }
  return [...marks, ...replaced(old.slice(i), fresh.slice(j))];
}

/** Changes with the lines around them; those that are near each other share one hunk. */
function hunksOf(edits: readonly Edit[]): Edit[][] {
  const hunks: { from: number; to: number }[] = [];
  for (const [index, edit] of edits.entries()) {
    if (edit.mark === " ") continue;
    const last = hunks.at(-1);
    const [from, to] = [Math.max(0, index - context), Math.min(edits.length, index + context + 1)];
    if (last !== undefined && from <= last.to) last.to = to;
    else hunks.push({ from, to });
  }
  return hunks.map(({ from, to }) => edits.slice(from, to));
}

function writeHunk(hunk: readonly Edit[]): string[] {
  const [first] = hunk;
  if (first === undefined) return [];
  const count = (mark: "-" | "+"): number =>
    hunk.filter((edit) => edit.mark === " " || edit.mark === mark).length;
  const range = (from: number, length: number): string => `${length === 0 ? from : from + 1},${length}`;
  const [was, is] = [count("-"), count("+")];
  return [
    `@@ -${range(first.was, was)} +${range(first.is, is)} @@`,
    ...hunk.flatMap((edit) => `${edit.mark}${edit.line}`.split("\n")),
  ];
}
