import type { RunState } from "../../contracts/run.ts";
import type { RunEffect, RunModel, TaskModel } from "./model.ts";
import { decideTest } from "../fact-test.ts";
import { isSettled } from "./states.ts";

type Readiness =
  | { readonly kind: "wait"; readonly reason: string | null }
  | { readonly kind: "ready" }
  | { readonly kind: "stop"; readonly reason: string }
  | { readonly kind: "skip"; readonly cause: "condition" | "dependency"; readonly reason: string };

/** Moves every pending task whose turn has come, and gives the run the state that follows from its tasks. */
export function settle(model: RunModel): { model: RunModel; effects: RunEffect[] } {
  const effects: RunEffect[] = [];
  let tasks = model.tasks;
  let moved = true;
  while (moved) {
    moved = false;
    for (const task of tasks) {
      const next = advance(task, tasks, model);
      if (next === task) continue;
      tasks = tasks.map((other) => (other.id === task.id ? next : other));
      if (next.state === "ready") effects.push({ type: "place", taskId: next.id });
      if (next.stop !== task.stop) effects.push({ type: "preview", taskId: next.id });
      moved = next.state !== "pending";
      if (moved) break;
    }
  }
  // What has nothing left to begin is not paused any more.
  const pause = tasks.some((task) => task.state === "pending") ? model.pause : null;
  const next = { ...model, tasks, pause };
  return { model: { ...next, ...runState(next, tasks) }, effects };
}

function advance(task: TaskModel, tasks: readonly TaskModel[], model: RunModel): TaskModel {
  if (task.state !== "pending") return task;
  if (model.cancelRequested) return { ...task, state: "cancelled", reason: "the run was cancelled" };
  const readiness = whilePaused(decideReadiness(task, tasks), { task, pause: model.pause });
  switch (readiness.kind) {
    case "wait":
      return task.reason === readiness.reason ? task : { ...task, reason: readiness.reason };
    case "stop":
      return task.stop === "waiting" ? task : { ...task, stop: "waiting", reason: readiness.reason };
    case "ready":
      return { ...task, state: "ready", reason: "waiting for an agent" };
    case "skip":
      return { ...task, state: "skipped", skipCause: readiness.cause, reason: readiness.reason };
  }
}

/** A paused run begins nothing: no step, and no preview of one. What is skipped begins nothing either way. */
function whilePaused(
  readiness: Readiness,
  { task, pause }: { task: TaskModel; pause: string | null },
): Readiness {
  const begins = readiness.kind === "ready" || (readiness.kind === "stop" && task.stop === "ahead");
  return pause !== null && begins ? { kind: "wait", reason: pause } : readiness;
}

function decideReadiness(task: TaskModel, tasks: readonly TaskModel[]): Readiness {
  const needed = new Set(task.after);
  if (task.condition) needed.add(task.condition.step);
  const before = tasks.filter((other) => needed.has(other.step));
  const open = before.find((other) => !isSettled(other.state));
  if (open) return { kind: "wait", reason: `waiting for step ${open.step + 1}` };
  const doubtful = before.find((other) => other.state === "unknown");
  if (doubtful)
    return { kind: "wait", reason: `step ${doubtful.step + 1}: we do not know whether it finished` };
  const stopper = before.find((other) => stops(other, task));
  if (stopper)
    return { kind: "skip", cause: "dependency", reason: `step ${stopper.step + 1} ${stopper.state}` };
  const readiness: Readiness = task.condition ? decideCondition(task.condition, before) : { kind: "ready" };
  if (readiness.kind !== "ready" || task.stop === null || task.stop === "approved") return readiness;
  return { kind: "stop", reason: stopReason(task) };
}

/** A cancelled run whose end nobody knows stays unknown: what cancelling still means has to be told. */
const cancelledInDoubt =
  "It was cancelled: nothing more of it begins, and what may still run is stopped as soon as its agent is back";

function stopReason(task: TaskModel): string {
  return `stopped before step ${task.step + 1} as asked: look at its preview and approve it to go on`;
}

/** A step that did not succeed stops its dependents, except the one that waits for exactly its failure. */
function stops(before: TaskModel, task: TaskModel): boolean {
  if (before.state === "succeeded") return false;
  if (before.state === "skipped" && before.skipCause === "condition") return false;
  const wanted = task.condition?.kind === "failed" && task.condition.step === before.step;
  return !(wanted && before.state === "failed");
}

function decideCondition(
  condition: NonNullable<TaskModel["condition"]>,
  before: readonly TaskModel[],
): Readiness {
  const subject = before.find((other) => other.step === condition.step);
  const skip = (reason: string): Readiness => ({ kind: "skip", cause: "condition", reason });
  const name = `step ${condition.step + 1}`;
  switch (condition.kind) {
    case "changed":
      return subject?.changed ? { kind: "ready" } : skip(`${name} changed nothing`);
    case "succeeded":
      return subject?.state === "succeeded" ? { kind: "ready" } : skip(`${name} did not succeed`);
    case "failed":
      return subject?.state === "failed" ? { kind: "ready" } : skip(`${name} did not fail`);
    case "fact": {
      const { host } = condition;
      const { holds, text } = decideTest(condition, { host, facts: subject?.facts?.[host] });
      return holds === true
        ? { kind: "ready" }
        : skip(holds === null ? `${text}: ${name} did not tell` : text);
    }
  }
}

function runState(model: RunModel, tasks: readonly TaskModel[]): { state: RunState; reason: string | null } {
  const some = (state: TaskModel["state"]) => tasks.find((task) => task.state === state);
  const paused = pausedReason(model.pause, tasks);
  if (paused !== undefined) return { state: "paused", reason: paused };
  if (some("leased") || some("running"))
    return { state: "running", reason: model.cancelRequested ? "cancelling" : null };
  if (some("ready")) {
    const begun = tasks.some((task) => task.attempts.some((attempt) => attempt.started));
    return { state: begun ? "running" : "queued", reason: some("ready")?.reason ?? null };
  }
  const doubtful = some("unknown");
  if (doubtful)
    return {
      state: "unknown",
      reason:
        `step ${doubtful.step + 1}: we do not know whether it finished. ${doubtful.reason ?? ""}`.trim() +
        (model.cancelRequested ? `. ${cancelledInDoubt}` : ""),
    };
  // What else is pending comes after a step that waits at its stop.
  const stopped = tasks.find((task) => task.state === "pending" && task.stop === "waiting");
  if (stopped) return { state: "paused", reason: stopReason(stopped) };
  if (some("pending")) return { state: "running", reason: null };
  const failed = tasks.find((task) => task.state === "failed" && !isExpected(task, tasks));
  if (model.cancelRequested && some("cancelled"))
    return { state: "cancelled", reason: some("cancelled")?.reason ?? model.reason };
  if (failed)
    return { state: "failed", reason: `step ${failed.step + 1} failed. ${failed.reason ?? ""}`.trim() };
  if (some("cancelled")) return { state: "cancelled", reason: some("cancelled")?.reason ?? null };
  return { state: "succeeded", reason: null };
}

/** Why a run that somebody paused waits; undefined when nothing of it waits for that. */
function pausedReason(pause: string | null, tasks: readonly TaskModel[]): string | undefined {
  if (pause === null) return undefined;
  const names = (found: readonly TaskModel[]) => found.map((task) => task.step + 1).join(", ");
  const running = tasks.filter((task) => task.state === "running");
  const held = tasks.some((task) => task.state === "pending" && task.reason === pause);
  const stopped = tasks.filter((task) => task.state === "pending" && task.stop === "waiting");
  if (running.length === 0 && !held && stopped.length === 0) return undefined;
  const still = running.length === 0 ? "" : `; step ${names(running)} still runs`;
  const waits = stopped.length === 0 ? "" : `; step ${names(stopped)} waits for its second approval`;
  return `${pause}${still}${waits}`;
}

/** A failure that another step was waiting for, and that step went well. */
function isExpected(failed: TaskModel, tasks: readonly TaskModel[]): boolean {
  return tasks.some(
    (task) =>
      task.condition?.kind === "failed" && task.condition.step === failed.step && task.state === "succeeded",
  );
}
