import type { RunState, TaskState } from "../../contracts/run.ts";

const settledTask: Record<TaskState, boolean> = {
  pending: false,
  ready: false,
  leased: false,
  running: false,
  succeeded: true,
  failed: true,
  cancelled: true,
  unknown: true,
  skipped: true,
};

const endedRun: Record<RunState, boolean> = {
  queued: false,
  running: false,
  paused: false,
  succeeded: true,
  failed: true,
  cancelled: true,
  unknown: true,
};

/** True when nothing more happens to the task by itself. */
export function isSettled(state: TaskState): boolean {
  return settledTask[state];
}

/** True when the run waits for nothing but, for `unknown`, a late word from the agent or a person. */
export function isEnded(state: RunState): boolean {
  return endedRun[state];
}
