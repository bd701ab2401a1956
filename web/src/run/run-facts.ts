import type { Plan } from "../../../src/contracts/plan.ts";
import type { HostStatus, Run, RunState, RunStop, Task, TaskState } from "../../../src/contracts/run.ts";
import { attemptId, type AnsibleTaskView, type AttemptView, type Cell, type RunView } from "./run-view.ts";

const endedRuns: readonly RunState[] = ["succeeded", "failed", "cancelled"];
const settledTasks: readonly TaskState[] = ["succeeded", "failed", "cancelled", "skipped"];

/** Whether nothing more happens to a run. Unknown is no end: the agent may come back. */
export function isOver(state: RunState): boolean {
  return endedRuns.includes(state);
}

/** Whether it stands still: over, or nobody knows how it ended. */
export function isAtRest(state: RunState): boolean {
  return isOver(state) || state === "unknown";
}

/** Whether anything of a run was handed out and begun. */
export function hasBegun(run: Pick<Run, "tasks">): boolean {
  return run.tasks.some((task) => task.attempts.some((attempt) => attempt.startedAt !== null));
}

/** Milliseconds that a run has taken so far; null before it began. */
export function elapsedOf(run: Pick<Run, "startedAt" | "endedAt">, now: number): number | null {
  if (run.startedAt === null) return null;
  return Math.max(0, (run.endedAt === null ? now : Date.parse(run.endedAt)) - Date.parse(run.startedAt));
}

/**
 * What is left, by the median time of each step's own earlier runs. `late`: it takes longer than half of them did.
 * Steps that run beside each other are counted as if they followed, so it is more likely less than more.
 */
export type Remaining =
  | { readonly kind: "unknown" }
  | { readonly kind: "about"; readonly ms: number }
  | { readonly kind: "late" };

export function estimateRemaining(
  tasks: readonly Task[],
  steps: readonly Pick<Plan["steps"][number], "index" | "expected">[],
  now: number,
): Remaining {
  let left = 0;
  let late = false;
  for (const task of tasks) {
    if (settledTasks.includes(task.state)) continue;
    const expected = steps.find((step) => step.index === task.step)?.expected;
    if (expected == null) return { kind: "unknown" };
    const spent = task.startedAt === null ? 0 : now - Date.parse(task.startedAt);
    if (spent > expected.p50) late = true;
    else left += expected.p50 - Math.max(0, spent);
  }
  if (left === 0) return late ? { kind: "late" } : { kind: "unknown" };
  return { kind: "about", ms: left };
}

/** The attempts of a task that are known, oldest first. */
export function attemptsOf(view: RunView, taskId: string): AttemptView[] {
  return [...view.attempts.values()]
    .filter((attempt) => attempt.taskId === taskId)
    .toSorted((a, b) => a.number - b.number);
}

export interface Failure {
  readonly task: Task | undefined;
  readonly attempt: number;
  readonly ansibleTask: AnsibleTaskView;
  readonly cell: Cell;
}

/** What failed where: hosts on which an ansibleTask failed or that could not be reached, in the newest attempt of each step. */
export function failuresOf(view: RunView): Failure[] {
  return (view.run?.tasks ?? []).flatMap((task) => {
    const attempt = attemptsOf(view, task.id).at(-1);
    if (attempt === undefined) return [];
    return [...attempt.cells.values()].flatMap((cell) => {
      if (cell.status !== "failed" && cell.status !== "unreachable") return [];
      const ansibleTask = attempt.ansibleTasks.find((each) => each.key === cell.key);
      return ansibleTask === undefined ? [] : [{ task, attempt: attempt.number, ansibleTask, cell }];
    });
  });
}

/** Status of a cell as shown: one that was running when its attempt ended has no result. */
export function statusOf(cell: Cell, attempt: Pick<AttemptView, "ended" | "outcome">): HostStatus | "none" {
  if (cell.status !== "running") return cell.status;
  return attempt.ended || attempt.outcome !== null ? "none" : "running";
}

/** Hosts of an attempt in the order in which they came up. */
export function hostsOf(attempt: AttemptView): string[] {
  return [...new Set([...attempt.cells.values()].map((cell) => cell.host))];
}

/** What a preview says about each host: how many ansibleTasks would change something there, or why it cannot be told. */
export interface HostForecast {
  readonly host: string;
  readonly kind: "change" | "same" | "failed";
  readonly changes: readonly AnsibleTaskView[];
}

export function forecastOf(view: RunView): HostForecast[] {
  const attempts = (view.run?.tasks ?? []).flatMap((task) => attemptsOf(view, task.id).slice(-1));
  return attempts.flatMap((attempt) =>
    hostsOf(attempt).map((host) => {
      const cells = [...attempt.cells.values()].filter((cell) => cell.host === host);
      const changes = attempt.ansibleTasks.filter((each) =>
        cells.some((cell) => cell.key === each.key && cell.status === "changed"),
      );
      const bad = cells.some((cell) => cell.status === "failed" || cell.status === "unreachable");
      return { host, changes, kind: bad ? "failed" : changes.length > 0 ? "change" : "same" } as const;
    }),
  );
}

/** Whether somebody holds the run between its steps; what runs may still go on to its end. */
export function isPaused(run: Pick<Run, "pause">): boolean {
  return run.pause !== null && run.pause !== undefined;
}

const begins: readonly TaskState[] = ["pending", "ready", "leased"];

/** Whether the run is under way and has a further step that could be held back. */
export function canBePaused(run: Run): boolean {
  const underWay = run.state === "queued" || run.state === "running";
  const further = run.tasks.length > 1 && run.tasks.some((task) => begins.includes(task.state));
  return run.purpose === "change" && underWay && !isPaused(run) && further;
}

/** Whether a run did not end well and nothing of it waits any more: then a part of it can be tried again. */
export function hasFailedPart(run: Run): boolean {
  const ended = isAtRest(run.state) && run.state !== "succeeded";
  const waits = run.tasks.some((task) => begins.includes(task.state));
  return run.purpose === "change" && ended && !waits && hasBegun(run);
}

/** The stop at which a run waits for a person. */
export function waitingStop(run: Run): RunStop | undefined {
  return run.stops.find((stop) => stop.state === "waiting");
}

export function attemptOf(view: RunView, taskId: string, number: number): AttemptView | undefined {
  return view.attempts.get(attemptId(taskId, number));
}
