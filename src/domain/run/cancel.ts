import type { Reduced, RunEffect, RunModel, TaskModel } from "./model.ts";
import { replaceTask, withAttempt } from "./tasks.ts";

/** What cancelling leads to before anything settles; undefined when it changes nothing. */
type Cancelled = Reduced | undefined;

/** Nothing more of the run begins; what runs is told to stop. Said again, only the latter. */
export function cancelRun(model: RunModel, reason: string): Cancelled {
  const stops = model.tasks.flatMap((task) => stopOf(task, reason));
  if (model.cancelRequested) return stops.length > 0 ? { model, effects: stops } : undefined;
  const tasks = model.tasks.map((task) => withdraw(task, reason) ?? task);
  const changed = tasks.some((task, index) => task !== model.tasks[index]);
  // An unknown attempt may still run: should its agent come back, it is stopped then.
  const open = model.tasks.some((task) => task.state === "running" || task.state === "unknown");
  if (!changed && !open) return undefined;
  return {
    model: { ...model, tasks, cancelRequested: true, pause: null, reason },
    effects: [...model.tasks.flatMap(dropPreview), ...stops],
  };
}

/** The same for one task: what waits for it is skipped, everything else goes on. */
export function cancelTask(model: RunModel, of: { taskId: string; reason: string }): Cancelled {
  const task = model.tasks.find((each) => each.id === of.taskId);
  if (task === undefined) return undefined;
  const withdrawn = withdraw(task, of.reason);
  if (withdrawn !== undefined) return { model: replaceTask(model, withdrawn), effects: dropPreview(task) };
  if (!mayRun(task)) return undefined;
  const reason = task.cancel ?? of.reason;
  const told = { ...task, cancel: reason, reason: task.state === "running" ? stopping(reason) : task.reason };
  return {
    model: task.cancel === null ? replaceTask(model, told) : model,
    effects: stopOf(task, reason),
  };
}

/** What a running task says while it is stopped. */
export function stopping(reason: string): string {
  return `being stopped: ${reason}`;
}

/** Whether something of it runs, or may: of an unknown attempt nobody has said that it ended. */
function mayRun(task: TaskModel): boolean {
  return task.state === "running" || (task.state === "unknown" && task.attempts.at(-1)?.outcome === null);
}

/** A task that has not begun does not begin any more; undefined for one that has. */
function withdraw(task: TaskModel, reason: string): TaskModel | undefined {
  const attempt = task.attempts.at(-1);
  switch (task.state) {
    case "pending":
    case "ready":
      return { ...task, state: "cancelled", reason };
    case "leased":
      // Without a start record nothing was spawned, and nothing will be: the agent's acceptance is denied from now on.
      return {
        ...(attempt ? withAttempt(task, { ...attempt, state: "ended", outcome: "cancelled" }) : task),
        state: "cancelled",
        reason,
      };
    default:
      return undefined;
  }
}

function stopOf(task: TaskModel, reason: string): RunEffect[] {
  const attempt = task.attempts.at(-1);
  return task.state === "running" && attempt
    ? [{ type: "stop", taskId: task.id, attempt: attempt.number, reason }]
    : [];
}

function dropPreview(task: TaskModel): RunEffect[] {
  return task.state === "pending" && task.stop === "waiting"
    ? [{ type: "drop-preview", taskId: task.id }]
    : [];
}
