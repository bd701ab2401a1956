import type { RunEventBody } from "../../contracts/live.ts";
import type { RunEffect, RunEvent, RunModel, TaskModel } from "../../domain/run/model.ts";
import type { JsonObject } from "../../domain/canonical-json.ts";
import { reduceRun } from "../../domain/run/reduce.ts";
import { isEnded, isSettled } from "../../domain/run/states.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { performEffects } from "../dispatch/effects.ts";
import { askForPlacement } from "../dispatch/sql.ts";
import type { Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";
import { findPreviewed, insertPreview, saveDigest } from "./preview-sql.ts";
import { loadRun, saveRun, type LoadedRun, type TaskRow } from "./sql.ts";
import { failpoint } from "../../ports/failpoint.ts";

/** What an event led to; `undefined` = no such run. */
export interface Applied {
  readonly before: RunModel;
  readonly after: RunModel;
  readonly effects: readonly RunEffect[];
}

/**
 * Applies one event to a run inside the caller's transaction: new state, live events, audit records and outgoing messages
 * commit together or not at all. `details` goes into the record of the event's own task when that is finished.
 */
export async function applyRunEvent(
  deps: CoreDeps,
  tx: Tx,
  change: {
    runId: string;
    event: RunEvent;
    details?: JsonObject;
    /** Live events that belong before those of the new state. */
    events?: readonly RunEventBody[];
  },
): Promise<Applied | undefined> {
  const loaded = await loadRun(tx, change.runId);
  if (!loaded) return undefined;
  const at = deps.clock.now();
  const reduced = reduceRun(loaded.model, change.event);
  failpoint("apply.reduced");
  if (reduced.model !== loaded.model) {
    await saveRun(tx, { before: loaded.model, after: reduced.model, at });
    failpoint("apply.saved");
    // Before anything is told: whoever changes a run and its preview locks the run first and its topic last.
    await followPreviews(deps, tx, { loaded, effects: reduced.effects, at });
    await tell(tx, { loaded, after: reduced.model, at }, change.events ?? []);
    failpoint("apply.told");
    const details = "taskId" in change.event ? { [change.event.taskId]: change.details ?? {} } : {};
    await record(tx, { loaded, after: reduced.model, at, details });
    failpoint("apply.recorded");
    await endPreview(tx, { loaded, after: reduced.model, at });
    if (leavesQueue(loaded.model, reduced.model)) await askForPlacement(tx);
  }
  await performEffects(deps, tx, { loaded, model: reduced.model, effects: reduced.effects });
  failpoint("apply.sent");
  return { before: loaded.model, after: reduced.model, effects: reduced.effects };
}

/** A task that had its hosts, or its place in the queue, and does so no more: others may be waiting behind it. */
function leavesQueue(before: RunModel, after: RunModel): boolean {
  const holds = (task: TaskModel | undefined) =>
    task?.state === "ready" || task?.state === "leased" || task?.state === "running";
  return after.tasks.some((task, index) => holds(before.tasks[index]) && !holds(task));
}

/** A preview is a run of its own: it is begun, and ended, together with what it is for. */
async function followPreviews(
  deps: CoreDeps,
  tx: Tx,
  work: { loaded: LoadedRun; effects: readonly RunEffect[]; at: Date },
): Promise<void> {
  const { loaded, effects, at } = work;
  for (const effect of effects) {
    if (effect.type === "preview") {
      const runId = await insertPreview(deps, tx, { loaded, taskId: effect.taskId, at });
      if (runId !== undefined) await applyRunEvent(deps, tx, { runId, event: { type: "begun" } });
    }
    if (effect.type === "drop-preview") {
      const runId = loaded.tasks.find((each) => each.id === effect.taskId)?.preview_run_id;
      const reason = "the step that it is for was cancelled";
      if (runId) await applyRunEvent(deps, tx, { runId, event: { type: "cancel", reason } });
    }
  }
}

/** What a preview has shown is fixed, and whoever looks at the run that waits for it is told. */
async function endPreview(tx: Tx, { loaded, after, at }: Change): Promise<void> {
  if (loaded.run.purpose !== "preview" || !isEnded(after.state) || loaded.model.state === after.state) return;
  await saveDigest(tx, after);
  const task = await findPreviewed(tx, after.id);
  if (!task) return;
  const { id: taskId, step, name, state } = task;
  const reason = `its preview ended as ${after.state}: look at it and approve the step to go on`;
  const body: RunEventBody = { type: "task.state", data: { taskId, step, name, state, reason } };
  await appendEvents(tx, `run:${task.run_id}`, { at, bodies: [body] });
}

interface Change {
  readonly loaded: LoadedRun;
  readonly after: RunModel;
  readonly at: Date;
}

async function tell(tx: Tx, change: Change, first: readonly RunEventBody[]): Promise<void> {
  const bodies: RunEventBody[] = [...first];
  for (const { task, old, row } of changedTasks(change)) {
    const attempt = task.attempts.at(-1);
    const begun = attempt?.started && !old?.attempts.find((each) => each.number === attempt.number)?.started;
    if (attempt && begun)
      bodies.push({
        type: "attempt.started",
        data: { taskId: task.id, attempt: attempt.number, agentId: attempt.agentId },
      });
    if (old?.state !== task.state || old.reason !== task.reason)
      bodies.push({
        type: "task.state",
        data: { taskId: task.id, step: task.step, name: row.name, state: task.state, reason: task.reason },
      });
  }
  const { model } = change.loaded;
  if (model.state !== change.after.state || model.reason !== change.after.reason)
    bodies.push({ type: "run.state", data: { state: change.after.state, reason: change.after.reason } });
  await appendEvents(tx, `run:${model.id}`, { at: change.at, bodies });
}

function changedTasks(change: Change): { task: TaskModel; old: TaskModel | undefined; row: TaskRow }[] {
  return change.after.tasks.flatMap((task) => {
    const old = change.loaded.model.tasks.find((each) => each.id === task.id);
    const row = change.loaded.tasks.find((each) => each.id === task.id);
    return row && old !== task ? [{ task, old, row }] : [];
  });
}

type Details = Readonly<Record<string, JsonObject>>;

/** What every record of a run has in common; that of a preview says so, for it changed nothing. */
function common({ loaded, at }: Change) {
  return {
    ids: {
      at,
      actor: { kind: "system" as const, name: "chiffon", id: null },
      planId: loaded.run.plan_id,
      runId: loaded.run.id,
    },
    purpose: loaded.run.purpose === "preview" ? { purpose: "preview" } : {},
  };
}

async function record(tx: Tx, change: Change & { details: Details }): Promise<void> {
  const { loaded, after } = change;
  await recordTasks(tx, change);
  if (loaded.model.state === after.state || !isEnded(after.state)) return;
  const { ids, purpose } = common(change);
  await recordAudit(tx, {
    ...ids,
    kind: "run.finished",
    services: [...new Set(loaded.tasks.flatMap((task) => task.services))],
    status: after.state,
    data: { ...purpose, plan_hash: loaded.run.plan_hash, reason: after.reason },
  });
}

async function recordTasks(tx: Tx, change: Change & { details: Details }): Promise<void> {
  const { loaded, at } = change;
  const { ids: shared, purpose } = common(change);
  for (const { task, old, row } of changedTasks(change)) {
    if (old?.state === task.state) continue;
    const attempt = task.attempts.at(-1);
    const ids = { ...shared, taskId: task.id, services: row.services };
    const which = {
      ...purpose,
      step: task.step,
      attempt: attempt?.number ?? null,
      fence: attempt?.fence ?? null,
    };
    if (task.state === "leased")
      await recordAudit(tx, {
        ...ids,
        kind: "task.dispatched",
        data: { ...which, agent_id: attempt?.agentId ?? null },
      });
    if (task.state === "running" && attempt)
      await recordAudit(tx, {
        ...ids,
        kind: "task.started",
        data: { ...which, agent_id: attempt.agentId, plan_hash: loaded.run.plan_hash },
      });
    if (isSettled(task.state))
      await recordAudit(tx, {
        ...ids,
        kind: "task.finished",
        status: task.state,
        data: {
          ...which,
          agent: attempt?.agentId ?? null,
          plan_hash: loaded.run.plan_hash,
          hosts: row.hosts,
          unit: row.unit_id,
          reason: task.reason,
          changed: task.changed,
          started_at: row.started_at?.toISOString() ?? null,
          finished_at: at.toISOString(),
          ...change.details[task.id],
        },
      });
  }
}
