import type { AttemptModel, Reduced, RunEffect, RunEvent, RunModel, TaskModel } from "./model.ts";
import { cancelRun, cancelTask, stopping } from "./cancel.ts";
import { pauseRun, triesOf } from "./pause.ts";
import { settle } from "./settle.ts";
import { isRetried } from "../agent-errors.ts";
import { replaceTask, withAttempt } from "./tasks.ts";

/** A task may be handed out at most this often; only attempts without a start record are tried again. */
export const maxAttempts = 4;

type EventOf<T extends RunEvent["type"]> = Extract<RunEvent, { type: T }>;

/**
 * The only place that decides what follows from what for runs, tasks and attempts. Pure: the same model and event give the
 * same result, and an event that comes twice, late or out of order changes nothing more.
 */
export function reduceRun(model: RunModel, event: RunEvent): Reduced {
  switch (event.type) {
    case "begun":
      return settled(model, []);
    case "placed":
      return onPlaced(model, event);
    case "waiting":
      return onWaiting(model, event);
    case "accepted":
      return onAccepted(model, event);
    case "refused":
      return onRefused(model, event);
    case "renewed":
      return onRenewed(model, event);
    case "silent":
      return onSilent(model, event);
    case "result":
      return onResult(model, event);
    case "continued":
      return onContinued(model, event);
    case "marked":
      return onMarked(model, event);
    case "pause":
      return onPause(model, event);
    case "resume":
      return model.pause === null ? unchanged(model) : settled({ ...model, pause: null }, []);
    case "cancel":
      return onCancelled(model, cancelRun(model, event.reason));
    case "cancel-task":
      return onCancelled(model, cancelTask(model, event));
    case "approval-expired":
      return onApprovalExpired(model);
  }
}

function onPlaced(model: RunModel, event: EventOf<"placed">): Reduced {
  const task = model.tasks.find((each) => each.id === event.taskId);
  if (task?.state !== "ready" || triesOf(task) >= maxAttempts) return unchanged(model);
  const attempt: AttemptModel = {
    number: task.attempts.length + 1,
    fence: event.fence,
    agentId: event.agentId,
    state: "leased",
    outcome: null,
    started: false,
    leaseUntil: event.leaseUntil,
  };
  const next: TaskModel = {
    ...task,
    state: "leased",
    reason: "waiting for the agent to begin",
    notBefore: null,
    attempts: [...task.attempts, attempt],
  };
  return settled(replaceTask(model, next), [{ type: "order", taskId: task.id, attempt: attempt.number }]);
}

function onWaiting(model: RunModel, event: EventOf<"waiting">): Reduced {
  const task = model.tasks.find((each) => each.id === event.taskId);
  if (task?.state !== "ready" || task.reason === event.reason) return unchanged(model);
  return settled(replaceTask(model, { ...task, reason: event.reason }), []);
}

function onAccepted(model: RunModel, event: EventOf<"accepted">): Reduced {
  const found = findCurrent(model, event);
  if (!found) return unchanged(model, [deny(event, 5009, "this attempt is no longer the current one")]);
  const { task, attempt } = found;
  if (attempt.state === "running" && task.state === "running")
    return unchanged(model, [grant(task, attempt)]);
  // It may never have heard that it was granted.
  if (isSilent(task, attempt)) {
    const back = comeBack(task, attempt, event.leaseUntil);
    return settled(replaceTask(model, back), [grant(task, attempt), ...stopAgain(model, back)]);
  }
  if (task.state !== "leased")
    return unchanged(model, [deny(event, 5008, "the task no longer waits for it")]);
  const started: AttemptModel = {
    ...attempt,
    state: "running",
    started: true,
    leaseUntil: event.leaseUntil,
  };
  const next: TaskModel = { ...withAttempt(task, started), state: "running", reason: null };
  return settled(replaceTask(model, next), [grant(task, started)]);
}

function onRefused(model: RunModel, event: EventOf<"refused">): Reduced {
  const found = findCurrent(model, event);
  if (!found || found.task.state !== "leased") return unchanged(model);
  const { task, attempt } = found;
  const ended = withAttempt(task, { ...attempt, state: "ended" });
  const reason = event.error.message;
  const again = isRetried(event.error.code) && triesOf(task) < maxAttempts;
  if (!again) {
    const failed = withAttempt(task, { ...attempt, state: "ended", outcome: "failed" });
    return settled(replaceTask(model, { ...failed, state: "failed", reason }), []);
  }
  const next: TaskModel = { ...ended, state: "ready", reason, notBefore: event.retryAt };
  return settled(replaceTask(model, next), [{ type: "place", taskId: task.id }]);
}

function onRenewed(model: RunModel, event: EventOf<"renewed">): Reduced {
  const found = findCurrent(model, event);
  if (!found) return unchanged(model, [deny(event, 5009, "this attempt is no longer the current one")]);
  const { task, attempt } = found;
  const alive = withAttempt(task, { ...attempt, leaseUntil: event.leaseUntil });
  const stop = attempt.started ? stopAgain(model, task) : [];
  if (task.state === "leased" || task.state === "running") return settled(replaceTask(model, alive), stop);
  if (!isSilent(task, attempt)) return unchanged(model, [deny(event, 5008, "the task is over")]);
  return settled(replaceTask(model, comeBack(task, attempt, event.leaseUntil)), stop);
}

/** Whether nobody knows how the attempt ended because its agent says nothing: it may still be at work, and say so. */
function isSilent(task: TaskModel, attempt: AttemptModel): boolean {
  return task.state === "unknown" && attempt.started && attempt.outcome === null;
}

/** The agent was silent for too long and is back, still executing: we know again. */
function comeBack(task: TaskModel, attempt: AttemptModel, leaseUntil: number): TaskModel {
  const back = withAttempt(task, { ...attempt, state: "running", leaseUntil });
  return { ...back, state: "running", reason: task.cancel === null ? null : stopping(task.cancel) };
}

/** A stop that got lost on its way is told again with every sign of life. */
function stopAgain(model: RunModel, task: TaskModel): RunEffect[] {
  const attempt = task.attempts.at(-1);
  const reason = model.cancelRequested ? "the run was cancelled" : task.cancel;
  return reason === null || !attempt
    ? []
    : [{ type: "stop", taskId: task.id, attempt: attempt.number, reason }];
}

function onSilent(model: RunModel, event: EventOf<"silent">): Reduced {
  const task = model.tasks.find((each) => each.id === event.taskId);
  const attempt = task?.attempts.at(-1);
  if (!task || !attempt || attempt.number !== event.attempt || attempt.state === "ended")
    return unchanged(model);
  if (attempt.leaseUntil >= event.at) return unchanged(model);
  if (attempt.started) {
    const lost = withAttempt(task, { ...attempt, state: "ended" });
    const reason = "the agent fell silent while it was executing";
    return settled(replaceTask(model, { ...lost, state: "unknown", reason }), []);
  }
  const ended = withAttempt(task, { ...attempt, state: "ended" });
  if (triesOf(task) >= maxAttempts) {
    const reason = `no agent began it in ${maxAttempts} attempts`;
    return settled(replaceTask(model, { ...ended, state: "failed", reason }), []);
  }
  const next: TaskModel = {
    ...ended,
    state: "ready",
    reason: "the agent did not begin it",
    notBefore: event.retryAt,
  };
  return settled(replaceTask(model, next), [{ type: "place", taskId: task.id }]);
}

function onResult(model: RunModel, event: EventOf<"result">): Reduced {
  const found = findCurrent(model, event);
  if (!found || !found.attempt.started) return unchanged(model);
  const { task, attempt } = found;
  if (task.state !== "running" && task.state !== "unknown") return unchanged(model);
  const ended = withAttempt(task, { ...attempt, state: "ended", outcome: event.outcome });
  const next: TaskModel = { ...ended, state: event.outcome, reason: event.reason, changed: event.changed };
  return settled(replaceTask(model, next), []);
}

function onMarked(model: RunModel, event: EventOf<"marked">): Reduced {
  const task = model.tasks.find((each) => each.id === event.taskId);
  const attempt = task?.attempts.at(-1);
  if (task?.state !== "unknown" || !attempt) return unchanged(model);
  const { outcome, reason } = event;
  const ended = withAttempt(task, { ...attempt, state: "ended", outcome });
  return settled(replaceTask(model, { ...ended, state: outcome, reason }), []);
}

function onContinued(model: RunModel, event: EventOf<"continued">): Reduced {
  const task = model.tasks.find((each) => each.id === event.taskId);
  if (task?.state !== "pending" || task.stop !== "waiting") return unchanged(model);
  return settled(replaceTask(model, { ...task, stop: "approved" }), []);
}

function onPause(model: RunModel, event: EventOf<"pause">): Reduced {
  const paused = pauseRun(model, event.reason);
  return paused === model ? unchanged(model) : settled(paused, []);
}

function onCancelled(model: RunModel, cancelled: Reduced | undefined): Reduced {
  if (cancelled === undefined) return unchanged(model);
  return cancelled.model === model ? cancelled : settled(cancelled.model, [...cancelled.effects]);
}

function onApprovalExpired(model: RunModel): Reduced {
  const started = model.tasks.some((task) => task.attempts.some((attempt) => attempt.started));
  if (started) return unchanged(model);
  const reason = "needs approval again: the approval ran out before anything began";
  return onCancelled(model, cancelRun(model, reason));
}

function findCurrent(
  model: RunModel,
  event: { taskId: string; attempt: number; fence: number },
): { task: TaskModel; attempt: AttemptModel } | undefined {
  const task = model.tasks.find((each) => each.id === event.taskId);
  const attempt = task?.attempts.at(-1);
  if (!task || !attempt || attempt.number !== event.attempt || attempt.fence !== event.fence)
    return undefined;
  return { task, attempt };
}

function deny(
  event: { taskId: string; attempt: number; fence: number },
  code: 5008 | 5009,
  message: string,
): RunEffect {
  return { type: "deny", taskId: event.taskId, attempt: event.attempt, fence: event.fence, code, message };
}

function grant(task: TaskModel, attempt: AttemptModel): RunEffect {
  return { type: "grant", taskId: task.id, attempt: attempt.number };
}

function unchanged(model: RunModel, effects: RunEffect[] = []): Reduced {
  return { model, effects };
}

function settled(model: RunModel, effects: RunEffect[]): Reduced {
  const next = settle(model);
  return { model: next.model, effects: [...effects, ...next.effects] };
}
