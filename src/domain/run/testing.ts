import fc from "fast-check";
import type { RunEffect, RunEvent, RunModel, TaskModel } from "./model.ts";
import { reduceRun } from "./reduce.ts";

/*
 * Runs and their events for tests of the rules.
 */

export function task(step: number, more: Partial<TaskModel> = {}): TaskModel {
  return {
    id: `t${step}`,
    step,
    after: [],
    condition: null,
    state: "pending",
    reason: null,
    changed: false,
    cancel: null,
    skipCause: null,
    stop: null,
    notBefore: null,
    attempts: [],
    ...more,
  };
}

export function run(...tasks: TaskModel[]): RunModel {
  return { id: "r", state: "queued", reason: null, cancelRequested: false, pause: null, tasks };
}

export function play(model: RunModel, ...events: RunEvent[]): { model: RunModel; effects: RunEffect[] } {
  const effects: RunEffect[] = [];
  let now = model;
  for (const event of events) {
    const reduced = reduceRun(now, event);
    now = reduced.model;
    effects.push(...reduced.effects);
  }
  return { model: now, effects };
}

export const placed = (step: number, fence = 1): RunEvent => ({
  type: "placed",
  taskId: `t${step}`,
  agentId: "a",
  fence,
  leaseUntil: 10,
});
export const accepted = (step: number, attempt = 1, fence = 1): RunEvent => ({
  type: "accepted",
  taskId: `t${step}`,
  attempt,
  fence,
  leaseUntil: 20,
});
export const result = (
  step: number,
  outcome: "succeeded" | "failed" | "cancelled" | "unknown",
  more: { attempt?: number; fence?: number; changed?: boolean } = {},
): RunEvent => ({
  type: "result",
  taskId: `t${step}`,
  attempt: 1,
  fence: 1,
  changed: false,
  reason: null,
  outcome,
  ...more,
});

export const anyEvent: fc.Arbitrary<RunEvent> = fc.integer({ min: 0, max: 2 }).chain((step) => {
  const of = fc.record({ attempt: fc.integer({ min: 1, max: 3 }), fence: fc.integer({ min: 1, max: 6 }) });
  const taskId = `t${step}`;
  return fc.oneof(
    fc.integer({ min: 1, max: 6 }).map((fence) => placed(step, fence)),
    of.map((key): RunEvent => ({ type: "accepted", taskId, leaseUntil: 20, ...key })),
    of.map((key): RunEvent => ({ type: "renewed", taskId, leaseUntil: 20, ...key })),
    fc
      .integer({ min: 1, max: 3 })
      .map((attempt): RunEvent => ({ type: "silent", taskId, attempt, at: 100, retryAt: 0 })),
    of.chain((key) =>
      fc
        .constantFrom("succeeded" as const, "failed" as const, "cancelled" as const, "unknown" as const)
        .map((outcome): RunEvent => ({
          type: "result",
          taskId,
          outcome,
          changed: true,
          reason: null,
          ...key,
        })),
    ),
    of.map((key): RunEvent => ({
      type: "refused",
      taskId,
      error: { code: 5010, message: "x" },
      retryAt: 0,
      ...key,
    })),
    fc.constant<RunEvent>({ type: "continued", taskId }),
    fc.constant<RunEvent>({ type: "marked", taskId, outcome: "succeeded", reason: "x" }),
    fc.constant<RunEvent>({ type: "pause", reason: "paused by ada" }),
    fc.constant<RunEvent>({ type: "resume" }),
    fc.constant<RunEvent>({ type: "cancel", reason: "x" }),
    fc.constant<RunEvent>({ type: "cancel-task", taskId, reason: "not this one" }),
    fc.constant<RunEvent>({ type: "approval-expired" }),
  );
});

const anyStop = fc.constantFrom("ahead" as const, null);
/** Stops of two steps. */
export const anyStops = fc.tuple(anyStop, anyStop);
