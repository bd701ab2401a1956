import type { Attempt, HostRecap, HostResult, Run, RunState, RunStop, Task } from "../contracts/run.ts";
import type { Style } from "./plan-card.ts";
import { count, duration, localTime, oneLine, shortId, table, widthOf } from "./text.ts";

const stateStyles = {
  queued: "dim",
  running: "cyan",
  paused: "yellow",
  succeeded: "green",
  failed: "red",
  cancelled: "yellow",
  unknown: "magenta",
} as const satisfies Record<RunState, string>;

export function styledState(state: RunState, style: Style): string {
  return style(stateStyles[state], state);
}

/** A run with its tasks, attempts and the result per host and ansibleTask. */
export function describeRun(
  run: Run,
  seen: { hosts: readonly HostResult[]; now: number; style: Style; width: number | undefined },
): string[] {
  const { style, now } = seen;
  const reason = run.reason === null ? "" : `: ${oneLine(run.reason)}`;
  const title = run.purpose === "preview" ? "Preview" : "Run";
  return [
    `${style("bold", `${title} ${shortId(run.id)}`)}  ${styledState(run.state, style)}${reason}`,
    `Request:  ${oneLine(run.requestText)}`,
    `Plan:     ${shortId(run.planId)}  hash ${run.planHash.slice(0, 12)}`,
    `Started:  ${localTime(run.startedAt)}${elapsed(run, now)}`,
    ...(run.movedOn === null || run.movedOn === undefined
      ? []
      : [`Source:   ${oneLine(movedOnText(run.movedOn))}`]),
    ...(run.removed == null ? [] : [`Output:   ${oneLine(run.removed.reason)}`]),
    ...run.stops.map((stop) => `Stop:     ${describeStop(stop)}`),
    ...run.tasks.flatMap((task) => [
      "",
      ...describeTask(task, { ...seen, hosts: seen.hosts.filter((cell) => cell.taskId === task.id) }),
    ]),
  ];
}

function movedOnText(what: string): string {
  return `has moved on since the approval: ${what}. The run uses what was approved.`;
}

function describeStop({ step, state, previewRunId, hash }: RunStop): string {
  const where = `before step ${step + 1}`;
  if (state === "ahead") return `${where}, to come`;
  const preview = previewRunId === null ? "" : `, preview ${shortId(previewRunId)}`;
  return `${where}, ${state === "waiting" ? "waits for a person" : "approved"}${preview}, hash ${hash.slice(0, 12)}`;
}

function elapsed(of: { startedAt: string | null; endedAt: string | null }, now: number): string {
  if (of.startedAt === null) return "";
  const end = of.endedAt === null ? now : Date.parse(of.endedAt);
  return `  (${duration(end - Date.parse(of.startedAt))}${of.endedAt === null ? " so far" : ""})`;
}

interface TaskView {
  readonly hosts: readonly HostResult[];
  readonly now: number;
  readonly width: number | undefined;
}

function describeTask(task: Task, seen: TaskView): string[] {
  const reason = task.reason === null ? "" : `: ${oneLine(task.reason)}`;
  return [
    `${String(task.step + 1).padStart(3)}. ${oneLine(task.name)}  ${task.state}${reason}${elapsed(task, seen.now)}`,
    `     task ${task.id}`,
    ...(task.hosts.length > 0 ? [`     hosts ${task.hosts.map(oneLine).join(", ")}`] : []),
    ...task.attempts.flatMap((attempt) => describeAttempt(attempt, seen)),
  ];
}

function describeAttempt(attempt: Attempt, seen: TaskView): string[] {
  const end = attempt.outcome ?? attempt.state;
  const exit = attempt.exitCode === null ? "" : `, exit code ${attempt.exitCode}`;
  const error = attempt.error === null ? "" : `, ${attempt.error.code} ${oneLine(attempt.error.message)}`;
  const width = seen.width === undefined ? undefined : seen.width - 5;
  const cells = seen.hosts.filter((cell) => cell.attempt === attempt.number);
  return [
    `     attempt ${attempt.number}: ${end}${exit}${error}${elapsed(attempt, seen.now)}`,
    ...describeCells(cells, { ...seen, width }).map((line) => `       ${line}`),
    ...describeRecap(attempt.recap).map((line) => `       ${line}`),
    ...describeResources(attempt).map((line) => `       ${line}`),
  ];
}

/** Rows are ansibleTasks, columns hosts; where the terminal is too narrow for that, one row per cell. */
function describeCells(cells: readonly HostResult[], seen: TaskView): string[] {
  if (cells.length === 0) return [];
  const hosts = [...new Set(cells.map((cell) => cell.host))];
  const keys = [...new Set(cells.map((cell) => cell.key))];
  const byPlace = new Map(cells.map((cell) => [`${cell.key} ${cell.host}`, cell]));
  const rows = keys.map((key) => [
    cells.find((cell) => cell.key === key)?.name ?? key,
    ...hosts.map((host) => cellText(byPlace.get(`${key} ${host}`), seen.now)),
  ]);
  const needed = hosts.reduce((sum, host) => sum + Math.max(16, widthOf(host)), 30);
  const grid =
    needed <= (seen.width ?? 160)
      ? table(
          [{ title: "Ansible task", flexible: true }, ...hosts.map((title) => ({ title }))],
          rows,
          seen.width,
        )
      : table(
          [{ title: "Ansible task", flexible: true }, { title: "host", flexible: true }, { title: "result" }],
          cells.map((cell) => [cell.name, cell.host, cellText(cell, seen.now)]),
          seen.width,
        );
  const bad = cells.filter((cell) => cell.status === "failed" || cell.status === "unreachable");
  const why = bad.map(
    (cell) =>
      `${oneLine(cell.host)}: ${oneLine(cell.name)} (${oneLine(cell.source)}): ${oneLine(cell.message ?? cell.status)}`,
  );
  return [...grid, ...why];
}

function cellText(cell: HostResult | undefined, now: number): string {
  if (cell === undefined) return "";
  const end = cell.endedAt === null ? now : Date.parse(cell.endedAt);
  return `${cell.status} ${duration(end - Date.parse(cell.startedAt))}`;
}

const recapFields = ["ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored"] as const;

/** Ansible's own counts, one line per host. */
export function describeRecap(recap: Readonly<Record<string, HostRecap>> | null): string[] {
  return Object.entries(recap ?? {}).map(
    ([host, counts]) =>
      `${oneLine(host)}: ${
        recapFields
          .filter((field) => counts[field] > 0)
          .map((field) => `${field} ${counts[field]}`)
          .join(", ") || "nothing"
      }`,
  );
}

function describeResources({ resources }: Attempt): string[] {
  if (resources === null) return [];
  const parts = [
    ...(resources.wall_ms === null ? [] : [`wall ${duration(resources.wall_ms)}`]),
    ...(resources.cpu_time_ms === null ? [] : [`CPU ${duration(resources.cpu_time_ms)}`]),
    ...(resources.memory_peak_mb === null ? [] : [`memory up to ${Math.round(resources.memory_peak_mb)} MB`]),
    ...(resources.bytes_out === null ? [] : [`${count(resources.bytes_out, "byte")} of output`]),
  ];
  return parts.length === 0 ? [] : [`used ${parts.join(", ")}`];
}
