const context = 3;
/** Beyond so many differing lines the shortest diff costs more than it is worth. */
const mostEdits = 400;

type Edit = { readonly sign: " " | "-" | "+"; readonly line: string };

/** Old and new text as a unified diff, three lines of context around each change; empty when they are equal. */
export function unifiedDiff(before: string, after: string, names: { before: string; after: string }): string {
  if (before === after) return "";
  const old = linesOf(before);
  const fresh = linesOf(after);
  const edits = compare(old.lines, fresh.lines);
  const out = [`--- ${names.before}`, `+++ ${names.after}`, ...hunksOf(edits)];
  // The only difference may be the end of the last line.
  if (old.ended !== fresh.ended && before !== "" && after !== "")
    out.push(`\\ the ${fresh.ended ? "old" : "new"} text has no newline at its end`);
  return out.join("\n");
}

function linesOf(text: string): { lines: string[]; ended: boolean } {
  const ended = text === "" || text.endsWith("\n");
  const lines = text.split("\n");
  if (ended) lines.pop();
  return { lines, ended };
}

function compare(old: readonly string[], fresh: readonly string[]): Edit[] {
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let end = 0;
  const most = Math.min(old.length, fresh.length) - start;
  while (end < most && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  const middleOld = old.slice(start, old.length - end);
  const middleNew = fresh.slice(start, fresh.length - end);
  const keep = (line: string): Edit => ({ sign: " ", line });
  return [
    ...old.slice(0, start).map(keep),
    ...(shortest(middleOld, middleNew) ?? replaceAll(middleOld, middleNew)),
    ...old.slice(old.length - end).map(keep),
  ];
}

function replaceAll(old: readonly string[], fresh: readonly string[]): Edit[] {
  return [
    ...old.map((line): Edit => ({ sign: "-", line })),
    ...fresh.map((line): Edit => ({ sign: "+", line })),
  ];
}

/** Myers' greedy algorithm; undefined when the texts differ in too many lines. */
function shortest(old: readonly string[], fresh: readonly string[]): Edit[] | undefined {
  const limit = Math.min(old.length + fresh.length, mostEdits);
  const trace: Map<number, number>[] = [];
  let ends = new Map([[1, 0]]);
  for (let edits = 0; edits <= limit; edits += 1) {
    trace.push(new Map(ends));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && (ends.get(k - 1) ?? 0) < (ends.get(k + 1) ?? 0));
      let x = down ? (ends.get(k + 1) ?? 0) : (ends.get(k - 1) ?? 0) + 1;
      while (x < old.length && x - k < fresh.length && old[x] === fresh[x - k]) x += 1;
      ends.set(k, x);
      if (x >= old.length && x - k >= fresh.length) return walkBack(trace, old, fresh);
    }
    ends = new Map(ends);
  }
  return undefined;
}

function walkBack(
  trace: readonly Map<number, number>[],
  old: readonly string[],
  fresh: readonly string[],
): Edit[] {
  const edits: Edit[] = [];
  let x = old.length;
  let y = fresh.length;
  for (let depth = trace.length - 1; depth >= 0; depth -= 1) {
    const ends = trace[depth] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -depth || (k !== depth && (ends.get(k - 1) ?? 0) < (ends.get(k + 1) ?? 0));
    const beforeX = down ? (ends.get(k + 1) ?? 0) : (ends.get(k - 1) ?? 0);
    const beforeY = beforeX - (down ? k + 1 : k - 1);
    while (x > beforeX && y > beforeY && x > 0 && y > 0) {
      x -= 1;
      y -= 1;
      edits.push({ sign: " ", line: old[x] ?? "" });
    }
    if (depth === 0) break;
    if (down) edits.push({ sign: "+", line: fresh[beforeY] ?? "" });
    else edits.push({ sign: "-", line: old[beforeX] ?? "" });
    x = beforeX;
    y = beforeY;
  }
  return edits.toReversed();
}

function hunksOf(edits: readonly Edit[]): string[] {
  const near = edits.map((_, index) =>
    edits.slice(Math.max(0, index - context), index + context + 1).some((edit) => edit.sign !== " "),
  );
  const out: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  for (let at = 0; at < edits.length;) {
    let end = at;
    while (end < edits.length && near[end] === near[at]) end += 1;
    const part = edits.slice(at, end);
    const olds = part.filter((edit) => edit.sign !== "+").length;
    const news = part.filter((edit) => edit.sign !== "-").length;
    if (near[at] === true) {
      const range = (from: number, count: number): string => `${count === 0 ? from - 1 : from},${count}`;
      out.push(`@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`);
      out.push(...part.map((edit) => edit.sign + edit.line));
    }
    oldLine += olds;
    newLine += news;
    at = end;
  }
  return out;
}
