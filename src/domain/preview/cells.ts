import type { PreviewClass } from "../../contracts/preview.ts";
import { isReadingModule } from "../risk.ts";
import type { SeenResult, SeenRun, SeenTask, StepChecks, TaskChecks } from "./facts.ts";
import { describeRow, sourceOf, type Row } from "./rows.ts";
import { createTaint, type Taint } from "./taint.ts";

/** What a line of the preview would do on one host. */
export interface Cell {
  readonly class: PreviewClass;
  readonly reason: string | null;
}

const notReached = "the preview did not come this far";
const endedWhileItRan = "the preview ended while it ran";
const bringing = /(?:^|\.)(?:include_tasks|include_role|include|import_role|import_tasks|include_vars)$/;

interface World {
  readonly checks: StepChecks;
  readonly seen: SeenRun | undefined;
  readonly taints: ReadonlyMap<string, Taint>;
  /** Hosts on which a task before would have changed something, or nobody knows. */
  readonly moved: Set<string>;
  /** By host: what may end the play early that the lines are in, which cannot be known. */
  readonly ending: Map<string, Ending>;
  /** By host: the first of these. Handlers stand after all plays. */
  readonly everEnding: Map<string, Ending>;
  /** By host and source of a handler: what the lines would do that notify it. */
  readonly notified: Map<string, Notified>;
}

interface Ending {
  readonly name: string;
  /** The last play that it was seen in; what was seen in later ones comes all the same. */
  readonly play: number;
}

interface Notified {
  readonly surely: boolean;
  /** Name of the first of which it cannot be known. */
  readonly perhaps: string | undefined;
}

interface Question {
  readonly row: Row;
  readonly host: string;
  /** A later line of the plan's list has come to its end on this host. */
  readonly passed: boolean;
  readonly checks: TaskChecks | undefined;
}

/**
 * Decides about each line, in their order, on every host of the step; where only the run has shown a line, on the hosts that it was
 * shown on. What a handler does on a host where no run has shown it comes last: any line may notify it.
 */
export function decideRows(
  rows: readonly Row[],
  hosts: readonly string[],
  known: { checks: StepChecks; seen: SeenRun | undefined },
): (readonly [string, Cell])[][] {
  const world: World = {
    ...known,
    taints: new Map(hosts.map((host) => [host, createTaint(known.checks.variables)])),
    moved: new Set(),
    ending: new Map(),
    everEnding: new Map(),
    notified: new Map(),
  };
  const last = lastLines(rows);
  const ask = (row: Row, host: string, at: number): Question => ({
    row,
    host,
    passed: at < (last.get(host) ?? 0),
    checks: known.checks.tasks.get(sourceOf(row)),
  });
  const cells = rows.map((row, at) => {
    const wanted = row.listed === undefined && known.seen !== undefined ? hostsOf(row.seen) : hosts;
    return new Map(wanted.map((host) => [host, cellOf(world, ask(row, host, at))]));
  });
  for (const row of notifiersFirst(rows, known.checks)) {
    const at = rows.indexOf(row);
    const seen = cells[at];
    cells[at] = new Map(
      hosts.map((host) => [host, seen?.get(host) ?? keep(world, ask(row, host, at), decideNotified)]),
    );
  }
  return cells.map((own) => [...own]);
}

/* By host: the last line of the plan's list of which the run has shown a result. */
function lastLines(rows: readonly Row[]): ReadonlyMap<string, number> {
  return new Map(
    rows.flatMap((row, at) => (row.listed === undefined ? [] : hostsOf(row.seen).map((host) => [host, at]))),
  );
}

function hostsOf(seen: readonly SeenTask[]): string[] {
  return [...new Set(seen.flatMap((task) => task.results.map((result) => result.host)))];
}

/* A handler that notifies another one stands before it. */
function notifiersFirst(rows: readonly Row[], checks: StepChecks): Row[] {
  const left = new Set(rows.filter((row) => row.handler !== undefined));
  const ordered: Row[] = [];
  const place = (row: Row): void => {
    if (!left.delete(row)) return;
    for (const other of left)
      if (checks.tasks.get(sourceOf(other))?.notifies.includes(sourceOf(row)) === true) place(other);
    ordered.push(row);
  };
  for (const row of left) place(row);
  return ordered;
}

function keep(world: World, question: Question, decide: (world: World, question: Question) => Cell): Cell {
  const { row, host, checks } = question;
  const cell = decide(world, question);
  if (cell.class === "same") return cell;
  for (const handler of checks?.notifies ?? []) {
    const key = `${host} ${handler}`;
    const before = world.notified.get(key);
    world.notified.set(key, {
      surely: cell.class === "change" || before?.surely === true,
      perhaps: before?.perhaps ?? (cell.class === "unknown" ? describeRow(row).name : undefined),
    });
  }
  return cell;
}

function cellOf(world: World, question: Question): Cell {
  const { row, host, checks } = question;
  const taint = world.taints.get(host);
  const cell = keep(world, question, decideCell);
  const uncheckable = row.seen.some((task) =>
    task.results.some((result) => result.host === host && result.uncheckable),
  );
  const moved = world.moved.has(host);
  const { name, module } = describeRow(row);
  if (cell.class !== "same" && !isReadingModule(module)) world.moved.add(host);
  if (checks === undefined || taint === undefined) return cell;
  if (checks.ends !== null && cell.class === "unknown") noteEnding(world, question, checks.ends);
  const names = [...(checks.register === null ? [] : [checks.register]), ...checks.sets];
  if (cell.class === "unknown" || uncheckable)
    for (const each of names)
      taint.add(each, `it depends on the result of "${name}", which a preview does not have`);
  else if (checks.probes && moved && checks.register !== null)
    taint.add(
      checks.register,
      `it depends on what "${name}" finds, and tasks before that may have changed it`,
    );
  return cell;
}

function noteEnding(world: World, { row, host }: Question, whom: "host" | "all"): void {
  const play = row.seen.length === 0 ? Infinity : Math.max(...row.seen.map((task) => task.play));
  const end = { name: describeRow(row).name, play };
  for (const each of whom === "all" ? world.taints.keys() : [host])
    for (const known of [world.ending, world.everEnding]) if (!known.has(each)) known.set(each, end);
}

/* What was seen in a later play is past it, and so is all that comes after. */
function leaveEnding({ ending }: World, { row, host }: Question): void {
  const end = ending.get(host);
  if (end !== undefined && row.seen.some((task) => task.play > end.play)) ending.delete(host);
}

const onlyIfNotEnded = ({ name }: Ending): string =>
  `it comes only if "${name}" does not end the play before, which cannot be known`;

/* A handler that no run has shown on this host, or not yet. */
function decideNotified(world: World, question: Question): Cell {
  const { seen, notified } = world;
  const { row, host, checks } = question;
  const { surely, perhaps } = notified.get(`${host} ${sourceOf(row)}`) ?? {
    surely: false,
    perhaps: undefined,
  };
  if (surely && seen !== undefined && seen.stopped !== null)
    return unknown(checks?.opaque ?? (row.seen.length > 0 ? endedWhileItRan : notReached));
  if (perhaps !== undefined) return unknown(onlyIf(perhaps));
  const ending = surely ? world.everEnding.get(host) : undefined;
  return ending === undefined
    ? { class: "same", reason: "nothing notifies it" }
    : unknown(onlyIfNotEnded(ending));
}

const onlyIf = (name: string): string => `it runs only if "${name}" changes something, which cannot be known`;

/* Where the play may have ended before, what changes something may not come, and what did not come may. */
function decideCell(world: World, question: Question): Cell {
  const { row, host, checks } = question;
  leaveEnding(world, question);
  const cell = decideReached(world, question);
  const ending = world.seen === undefined ? undefined : world.ending.get(host);
  if (ending === undefined || cell.class === "unknown") return cell;
  const came =
    worstOf(row.seen, host) !== undefined || (row.seen.length > 0 && bringing.test(describeRow(row).module));
  return cell.class === "same" && came ? cell : unknown(checks?.opaque ?? onlyIfNotEnded(ending));
}

function decideReached(world: World, question: Question): Cell {
  const { row, host, checks } = question;
  const result = worstOf(row.seen, host);
  // What is passed over has no use for the rest of what it reads.
  const isSkipped = result?.status === "skipped" && !result.uncheckable;
  const taint = world.taints.get(host)?.find((isSkipped ? checks?.asks : checks?.reads) ?? []);
  const opaque = checks?.opaque ?? null;
  if (world.seen === undefined) return unknown(opaque ?? taint ?? "it was not previewed yet");
  const hidden = world.seen.hidden.find((note) => note.source === sourceOf(row) && note.host === host);
  if (hidden !== undefined) return unknown(`the sandbox hides ${hidden.what}`);
  if (taint !== undefined) return unknown(taint);
  const asked = world.notified.get(`${host} ${sourceOf(row)}`);
  if (row.handler !== undefined && asked?.surely === false && asked.perhaps !== undefined)
    return unknown(onlyIf(asked.perhaps));
  if (result === undefined) return withoutResult(world.seen, question);
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

function withoutResult({ stopped }: SeenRun, { row, passed, checks }: Question): Cell {
  const began = row.seen.length > 0;
  if (stopped === null || passed) return { class: "same", reason: began ? null : "nothing asks for it" };
  if (!began) return unknown(checks?.opaque ?? notReached);
  return bringing.test(describeRow(row).module) ? { class: "same", reason: null } : unknown(endedWhileItRan);
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

function unknown(reason: string): Cell {
  return { class: "unknown", reason: reason.slice(0, 1_000) };
}
