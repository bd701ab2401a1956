import type {
  PreviewClass,
  PreviewDiff,
  PreviewResult,
  PreviewTask,
  StepPreview,
} from "../../contracts/preview.ts";
import type { SeenResult, SeenRun, SeenTask, StepChecks, TaskChecks } from "./facts.ts";
import { createTaint, type Taint } from "./taint.ts";

/** A task of the plan's list. */
export interface Listed {
  readonly name: string;
  readonly module: string;
  readonly source: string;
  readonly dynamic: boolean;
}

export interface Classified extends Pick<StepPreview, "tasks" | "counts" | "coverage" | "cut"> {
  /** Number of the task past which nothing is known; undefined when it came to its end. */
  readonly stoppedAt: number | undefined;
}

interface Cell {
  readonly class: PreviewClass;
  readonly reason: string | null;
}

const mostTasks = 3_000;
const mostDiffs = 1_000;
const notReached = "the preview did not come this far";
const bringing = /(?:^|\.)(?:include_tasks|include_role|include|import_role|import_tasks|include_vars)$/;

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
  const world: World = {
    hosts,
    checks,
    seen,
    taints: new Map(hosts.map((host) => [host, createTaint(checks.variables)])),
    moved: new Set(),
  };
  const rows = orderRows(listed, seen?.tasks ?? []);
  const tasks = rows.slice(0, mostTasks).map((row, index) => toTask(world, row, index + 1));
  const counts = { change: 0, same: 0, unknown: 0 };
  for (const task of tasks) for (const result of task.results) counts[result.class] += result.hosts.length;
  const all = counts.change + counts.same + counts.unknown;
  const stoppedAt = seen === undefined || seen.stopped === null ? undefined : (lastSeen(rows) ?? 0);
  return {
    tasks: limitDiffs(tasks),
    counts,
    coverage: all === 0 ? 1 : (counts.change + counts.same) / all,
    cut: rows.length > mostTasks || tasks.reduce((sum, task) => sum + task.diffs.length, 0) > mostDiffs,
    stoppedAt,
  };
}

interface Row {
  readonly listed: Listed | undefined;
  readonly seen: SeenTask[];
}

interface World {
  readonly hosts: readonly string[];
  readonly checks: StepChecks;
  readonly seen: SeenRun | undefined;
  readonly taints: ReadonlyMap<string, Taint>;
  /** Hosts on which a task before would have changed something, or nobody knows. */
  readonly moved: Set<string>;
}

/**
 * The plan's list in its order, what was seen joined by `file:line`; what only the run shows stands where it was seen. A task that is
 * listed n times at one place (a role used twice) takes its appearances in turn.
 */
function orderRows(listed: readonly Listed[], seen: readonly SeenTask[]): Row[] {
  const places = new Map<string, Row[]>();
  const rows: Row[] = listed.map((each) => {
    const row: Row = { listed: each, seen: [] };
    places.set(each.source, [...(places.get(each.source) ?? []), row]);
    return row;
  });
  const turns = new Map<string, number>();
  let before: Row | undefined;
  for (const task of seen) {
    const here = places.get(task.source);
    if (here === undefined || task.handler) {
      const known = rows.find((row) => row.listed === undefined && row.seen[0]?.source === task.source);
      if (known !== undefined) known.seen.push(task);
      else {
        const row: Row = { listed: undefined, seen: [task] };
        rows.splice(before === undefined ? 0 : rows.indexOf(before) + 1, 0, row);
        before = row;
      }
      continue;
    }
    const turn = turns.get(task.source) ?? 0;
    turns.set(task.source, turn + 1);
    const row = here[turn % here.length];
    row?.seen.push(task);
    before = row;
  }
  // Facts that Ansible gathers by itself change nothing; only where that failed is it worth a line.
  return rows.filter((row) => row.listed !== undefined || !isGathering(row.seen));
}

function isGathering(seen: readonly SeenTask[]): boolean {
  return seen.every(
    (task) =>
      /(?:^|\.)(?:gather_facts|setup)$/.test(task.module) &&
      task.results.every((result) => result.status === "ok" || result.status === "skipped"),
  );
}

function lastSeen(rows: readonly Row[]): number | undefined {
  const index = rows.findLastIndex((row) => row.seen.some((task) => task.results.length > 0));
  const running = rows.findLastIndex((row) => row.seen.length > 0);
  return Math.max(index, running) + 1 || undefined;
}

function toTask(world: World, row: Row, number: number): PreviewTask {
  const first = row.seen[0];
  const source = row.listed?.source ?? first?.source ?? "";
  const checks = world.checks.tasks.get(source);
  const touched = row.listed === undefined ? hostsOf(row.seen) : world.hosts;
  const cells = touched.map((host): [string, Cell] => [host, cellOf(world, { row, host, checks })]);
  return {
    number,
    name: row.listed?.name ?? first?.name ?? "",
    source,
    module: row.listed?.module ?? first?.module ?? "",
    listed: row.listed !== undefined,
    unchecked: checks?.unchecked ?? false,
    results: groupCells(cells),
    diffs: groupDiffs(
      row.seen,
      new Set(cells.filter(([, cell]) => cell.class === "change").map(([host]) => host)),
    ),
  };
}

function hostsOf(seen: readonly SeenTask[]): string[] {
  return [...new Set(seen.flatMap((task) => task.results.map((result) => result.host)))];
}

interface Question {
  readonly row: Row;
  readonly host: string;
  readonly checks: TaskChecks | undefined;
}

function cellOf(world: World, question: Question): Cell {
  const { row, host, checks } = question;
  const taint = world.taints.get(host);
  const cell = decideCell(world, question);
  const uncheckable = row.seen.some((task) =>
    task.results.some((result) => result.host === host && result.uncheckable),
  );
  const moved = world.moved.has(host);
  if (cell.class !== "same") world.moved.add(host);
  if (checks === undefined || taint === undefined) return cell;
  const why = `it depends on the result of "${row.listed?.name ?? row.seen[0]?.name ?? checks.source}", which a preview does not have`;
  const names = [...(checks.register === null ? [] : [checks.register]), ...checks.sets];
  if (cell.class === "unknown" || uncheckable) for (const name of names) taint.add(name, why);
  else if (checks.probes && moved && checks.register !== null)
    taint.add(
      checks.register,
      `it depends on what "${row.listed?.name ?? checks.source}" finds, and tasks before that may have changed it`,
    );
  return cell;
}

function decideCell(world: World, { row, host, checks }: Question): Cell {
  const result = worstOf(row.seen, host);
  const taint = world.taints.get(host)?.find(checks?.reads ?? []);
  const opaque = checks?.opaque ?? null;
  if (world.seen === undefined) return unknown(opaque ?? taint ?? "it was not previewed yet");
  const hidden = world.seen.hidden.find((note) => note.source === placeOf(row) && note.host === host);
  if (hidden !== undefined) return unknown(`the sandbox hides ${hidden.what}`);
  if (taint !== undefined) return unknown(taint);
  if (result === undefined) return withoutResult(world.seen, row, opaque);
  switch (result.status) {
    case "unreachable":
      return unknown("the host could not be reached");
    case "failed":
      return unknown(`check mode could not do it: ${result.message ?? "no reason was given"}`);
    case "skipped":
      return result.uncheckable
        ? unknown(opaque ?? "its module cannot tell in check mode")
        : { class: "same", reason: "its condition is not met" };
    case "ignored":
      return unknown(
        `check mode could not do it, and it may fail: ${result.message ?? "no reason was given"}`,
      );
    case "changed":
    case "ok":
      if (opaque !== null && !bringing.test(result.module)) return unknown(opaque);
      return {
        class: result.status === "changed" ? "change" : "same",
        reason: checks?.partial === true ? "its module tells only a part in check mode" : null,
      };
    default:
      return result.status satisfies never;
  }
}

function withoutResult(seen: SeenRun, row: Row, opaque: string | null): Cell {
  const began = row.seen.length > 0;
  if (seen.stopped !== null && !began) return unknown(opaque ?? notReached);
  const module = row.listed?.module ?? row.seen[0]?.module ?? "";
  if (seen.stopped !== null && !bringing.test(module)) return unknown("the preview ended while it ran");
  return { class: "same", reason: began ? null : "nothing asks for it" };
}

const order = ["unreachable", "failed", "ignored", "changed", "ok", "skipped"] as const;

/** Of several appearances (a role used twice, a play in batches) the one that says most. */
function worstOf(seen: readonly SeenTask[], host: string): (SeenResult & { module: string }) | undefined {
  const found = seen.flatMap((task) =>
    task.results
      .filter((result) => result.host === host)
      .map((result) => ({ ...result, module: task.module })),
  );
  const skipped = found.find((result) => result.uncheckable);
  const worst = found.toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))[0];
  return skipped !== undefined && (worst?.status === "ok" || worst?.status === "skipped") ? skipped : worst;
}

function placeOf(row: Row): string {
  return row.listed?.source ?? row.seen[0]?.source ?? "";
}

function unknown(reason: string): Cell {
  return { class: "unknown", reason: reason.slice(0, 1_000) };
}

const classes: readonly PreviewClass[] = ["change", "unknown", "same"];

function groupCells(cells: readonly [string, Cell][]): PreviewResult[] {
  const groups = new Map<string, PreviewResult>();
  for (const [host, cell] of cells) {
    const key = JSON.stringify([cell.class, cell.reason]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { ...cell, hosts: [host] });
    else group.hosts.push(host);
  }
  return [...groups.values()].toSorted((a, b) => classes.indexOf(a.class) - classes.indexOf(b.class));
}

/** Identical changes once, with the hosts that they hold for. A diff of what cannot be known would promise too much. */
function groupDiffs(seen: readonly SeenTask[], changing: ReadonlySet<string>): PreviewDiff[] {
  const texts = new Map<string, string[]>();
  for (const task of seen)
    for (const { host, text } of task.diffs)
      if (changing.has(host)) texts.set(host, [...(texts.get(host) ?? []), text]);
  const groups = new Map<string, string[]>();
  for (const [host, parts] of texts) {
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
