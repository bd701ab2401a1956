import type {
  PreviewClass,
  PreviewDiff,
  PreviewResult,
  PreviewTask,
  StepPreview,
} from "../../contracts/preview.ts";
import { decideRows, type Cell } from "./cells.ts";
import type { SeenRun, SeenTask, StepChecks } from "./facts.ts";
import { describeRow, orderRows, sourceOf, type Listed, type Row } from "./rows.ts";

export interface Classified extends Pick<StepPreview, "tasks" | "counts" | "coverage" | "cut"> {
  /** The task past which nothing is known, at least of these hosts; undefined when it came to its end, or never began. */
  readonly stoppedAt: StoppedAt | undefined;
}

interface StoppedAt {
  readonly number: number;
  /** Hosts that could not go on from there while others did; empty when none did. */
  readonly hosts: readonly string[];
}

const mostTasks = 3_000;
const mostDiffs = 1_000;

/**
 * Puts together what reading tells and what a run in check mode has shown: for every ansibleTask and host whether it would change
 * something, nothing, or whether that cannot be known. Without a run (`seen` undefined) everything is unknown, each with its reason.
 */
export function classify(
  listed: readonly Listed[],
  hosts: readonly string[],
  known: { checks: StepChecks; seen: SeenRun | undefined },
): Classified {
  const { checks, seen } = known;
  const rows = orderRows(listed, seen?.tasks ?? [], checks);
  const shown = rows.slice(0, mostTasks);
  const cells = decideRows(shown, hosts, known);
  const tasks = shown.map((row, index) =>
    toTask(row, { cells: cells[index] ?? [], checks, number: index + 1 }),
  );
  const counts = { change: 0, same: 0, unknown: 0 };
  for (const task of tasks) for (const result of task.results) counts[result.class] += result.hosts.length;
  const all = counts.change + counts.same + counts.unknown;
  return {
    tasks: limitDiffs(tasks),
    counts,
    coverage: all === 0 ? 1 : (counts.change + counts.same) / all,
    cut: rows.length > mostTasks || tasks.reduce((sum, task) => sum + task.diffs.length, 0) > mostDiffs,
    stoppedAt: findStop(rows, hosts, seen),
  };
}

/** Where hosts failed, the first such place: other hosts may have gone on. Otherwise the task that was last at work. */
function findStop(
  rows: readonly Row[],
  hosts: readonly string[],
  seen: SeenRun | undefined,
): StoppedAt | undefined {
  if (seen === undefined || seen.stopped === null) return undefined;
  const last = rows.findLastIndex((row) => row.seen.length > 0) + 1;
  if (seen.stopped.kind === "failed") {
    const ends = hosts.map((host) => ({ host, number: endOf(host, rows, seen) }));
    const number = Math.min(...ends.map((end) => end.number ?? Infinity));
    const failed = ends.filter((end) => end.number === number).map((end) => end.host);
    if (failed.length > 0) return { number, hosts: failed.length < hosts.length ? failed : [] };
  }
  return last === 0 ? undefined : { number: last, hosts: [] };
}

/** Number of the line at which a host failed for good: nothing of it came after. */
function endOf(host: string, rows: readonly Row[], { tasks }: SeenRun): number | undefined {
  const last = tasks.findLast((task) => task.results.some((result) => result.host === host));
  const result = last?.results.findLast((each) => each.host === host);
  if (last === undefined || (result?.status !== "failed" && result?.status !== "unreachable"))
    return undefined;
  return rows.findIndex((row) => row.seen.includes(last)) + 1 || undefined;
}

function toTask(
  row: Row,
  known: { cells: readonly (readonly [string, Cell])[]; checks: StepChecks; number: number },
): PreviewTask {
  const source = sourceOf(row);
  const { name, module, handler } = describeRow(row);
  const changing = known.cells.filter(([, cell]) => cell.class === "change").map(([host]) => host);
  return {
    number: known.number,
    name,
    source,
    module,
    listed: row.listed !== undefined,
    ...(handler ? { handler: true as const } : {}),
    unchecked: known.checks.tasks.get(source)?.unchecked ?? false,
    results: groupCells(known.cells),
    diffs: groupDiffs(row.seen, new Set(changing)),
  };
}

const classes: readonly PreviewClass[] = ["change", "unknown", "same"];

function groupCells(cells: readonly (readonly [string, Cell])[]): PreviewResult[] {
  const groups = new Map<string, PreviewResult>();
  for (const [host, cell] of cells) {
    const key = JSON.stringify([cell.class, cell.reason]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...cell, hosts: [host] });
    else group.hosts.push(host);
  }
  return [...groups.values()].toSorted((a, b) => classes.indexOf(a.class) - classes.indexOf(b.class));
}

/** Identical changes once, with the hosts that they hold for, in the order of the plan. A diff of what cannot be known would promise too much. */
function groupDiffs(seen: readonly SeenTask[], changing: ReadonlySet<string>): PreviewDiff[] {
  const texts = new Map<string, string[]>();
  for (const task of seen)
    for (const { host, text } of task.diffs)
      if (changing.has(host)) texts.set(host, [...(texts.get(host) ?? []), text]);
  const groups = new Map<string, string[]>();
  for (const host of changing) {
    const parts = texts.get(host);
    if (parts === undefined) continue;
    const text = parts.join("\n");
    groups.set(text, [...(groups.get(text) ?? []), host]);
  }
  return [...groups]
    .map(([text, hosts]): PreviewDiff => ({ hosts, text }))
    .toSorted((a, b) => b.hosts.length - a.hosts.length);
}

function limitDiffs(tasks: readonly PreviewTask[]): PreviewTask[] {
  let left = mostDiffs;
  return tasks.map((task) => {
    const diffs = task.diffs.slice(0, left);
    left -= diffs.length;
    return { ...task, diffs };
  });
}
