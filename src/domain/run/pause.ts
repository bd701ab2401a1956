import type { RunModel, TaskModel } from "./model.ts";

/** How often a task was handed out; what a pause took back again does not count. */
export function triesOf(task: TaskModel): number {
  return task.attempts.filter((attempt) => attempt.outcome !== "cancelled").length;
}

/**
 * The run with everything taken back that has not begun: a step without a start record has spawned nothing, and its agent's
 * acceptance is denied from now on. The same model when nothing is left to begin, or the run is paused already.
 */
export function pauseRun(model: RunModel, reason: string): RunModel {
  if (model.pause !== null || model.cancelRequested) return model;
  const waits = model.tasks.some((task) => task.state === "pending" || mayBegin(task));
  return waits ? { ...model, pause: reason, tasks: model.tasks.map(takeBack) } : model;
}

const mayBegin = (task: TaskModel): boolean => task.state === "ready" || task.state === "leased";

function takeBack(task: TaskModel): TaskModel {
  if (!mayBegin(task)) return task;
  const last = task.state === "leased" ? task.attempts.at(-1) : undefined;
  const attempts = task.attempts.map((attempt) =>
    attempt === last ? { ...attempt, state: "ended" as const, outcome: "cancelled" as const } : attempt,
  );
  return { ...task, state: "pending", attempts };
}
