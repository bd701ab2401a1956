import { sql, type Selectable, type Updateable } from "kysely";
import type { AttemptModel, RunModel, TaskModel } from "../../domain/run/model.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { isSettled } from "../../domain/run/states.ts";
import type { CoreTables } from "../core-tables.ts";
import type { Tx } from "../schema.ts";
import { loadFacts } from "./facts-sql.ts";

export type TaskRow = Selectable<CoreTables["task"]>;
export type AttemptRow = Selectable<CoreTables["attempt"]>;
export type RunRow = Selectable<CoreTables["run"]>;

export interface LoadedRun {
  readonly model: RunModel;
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
}

/** What to say when nothing is stored under the id of a run. */
export function noSuchRun(id: string): ChiffonError {
  return new ChiffonError("not-found", `there is no run ${id}`, { hint: "chiffon run list shows all" });
}

/** As `loadRun`, for callers that need one. Throws `not-found`. */
export async function getLoadedRun(tx: Tx, runId: string): Promise<LoadedRun> {
  const loaded = await loadRun(tx, runId);
  if (loaded === undefined) throw noSuchRun(runId);
  return loaded;
}

/** Loads a run with its row locked: all changes of one run follow one another. */
export async function loadRun(tx: Tx, runId: string): Promise<LoadedRun | undefined> {
  const run = await tx.selectFrom("run").selectAll().where("id", "=", runId).forUpdate().executeTakeFirst();
  if (!run) return undefined;
  const tasks = await tx.selectFrom("task").selectAll().where("run_id", "=", runId).orderBy("step").execute();
  const attempts = await tx
    .selectFrom("attempt")
    .selectAll()
    .where("task_id", "in", tasks.length > 0 ? tasks.map((task) => task.id) : [runId])
    .orderBy("number")
    .execute();
  const facts = await loadFacts(tx, tasks);
  const model: RunModel = {
    id: run.id,
    state: run.state,
    reason: run.reason,
    cancelRequested: run.cancel_requested,
    pause: run.pause,
    tasks: tasks.map((task) => ({ ...toTaskModel(task, attempts), ...factsOf(facts.get(task.id)) })),
  };
  return { model, run, tasks };
}

const factsOf = (facts: TaskModel["facts"]): Pick<TaskModel, "facts"> =>
  facts === undefined ? {} : { facts };

function toTaskModel(task: TaskRow, attempts: readonly AttemptRow[]): TaskModel {
  return {
    id: task.id,
    step: task.step,
    after: task.after,
    condition: task.condition,
    state: task.state,
    reason: task.reason,
    changed: task.changed,
    cancel: task.cancel,
    skipCause: task.skip_cause,
    stop: task.stop,
    notBefore: task.not_before?.getTime() ?? null,
    attempts: attempts.filter((each) => each.task_id === task.id).map(toAttemptModel),
  };
}

function toAttemptModel(row: AttemptRow): AttemptModel {
  return {
    number: row.number,
    fence: row.fence,
    agentId: row.agent_id,
    state: row.state,
    outcome: row.outcome,
    started: row.started_at !== null,
    leaseUntil: row.lease_until.getTime(),
  };
}

/** Writes what differs between two models of the same run. */
export async function saveRun(
  tx: Tx,
  change: { before: RunModel; after: RunModel; at: Date },
): Promise<void> {
  const { before, after, at } = change;
  if (
    before.state !== after.state ||
    before.reason !== after.reason ||
    before.cancelRequested !== after.cancelRequested ||
    before.pause !== after.pause
  )
    await tx.updateTable("run").set(runColumns(after, at)).where("id", "=", after.id).execute();
  for (const task of after.tasks) {
    const old = before.tasks.find((each) => each.id === task.id);
    if (old === task) continue;
    await tx.updateTable("task").set(taskColumns(task, at)).where("id", "=", task.id).execute();
    for (const attempt of task.attempts) {
      const oldAttempt = old?.attempts.find((each) => each.number === attempt.number);
      if (oldAttempt !== attempt) await saveAttempt(tx, { taskId: task.id, attempt, old: oldAttempt, at });
    }
  }
}

function runColumns(model: RunModel, at: Date): Updateable<CoreTables["run"]> {
  const open = model.state === "queued" || model.state === "running" || model.state === "paused";
  return {
    state: model.state,
    reason: model.reason,
    cancel_requested: model.cancelRequested,
    pause: model.pause,
    ended_at: open ? null : at,
  };
}

function taskColumns(task: TaskModel, at: Date): Updateable<CoreTables["task"]> {
  return {
    state: task.state,
    reason: task.reason,
    changed: task.changed,
    cancel: task.cancel,
    skip_cause: task.skipCause,
    stop: task.stop,
    not_before: task.notBefore === null ? null : new Date(task.notBefore),
    ended_at: isSettled(task.state) ? at : null,
  };
}

async function saveAttempt(
  tx: Tx,
  change: { taskId: string; attempt: AttemptModel; old: AttemptModel | undefined; at: Date },
): Promise<void> {
  const { taskId, attempt, old, at } = change;
  const lease_until = new Date(attempt.leaseUntil);
  if (!old) {
    await tx
      .insertInto("attempt")
      .values({
        task_id: taskId,
        number: attempt.number,
        fence: attempt.fence,
        agent_id: attempt.agentId,
        state: attempt.state,
        leased_at: at,
        lease_until,
      })
      .execute();
    return;
  }
  await tx
    .updateTable("attempt")
    .set({
      state: attempt.state,
      outcome: attempt.outcome,
      lease_until,
      ...(attempt.started && !old.started ? { started_at: at } : {}),
      ended_at: attempt.state === "ended" ? at : null,
    })
    .where("task_id", "=", taskId)
    .where("number", "=", attempt.number)
    .execute();
  if (attempt.started && !old.started) await noteStart(tx, taskId, at);
}

async function noteStart(tx: Tx, taskId: string, at: Date): Promise<void> {
  await sql`
    WITH begun AS (
      UPDATE task SET started_at = coalesce(started_at, ${at}) WHERE id = ${taskId} RETURNING run_id
    )
    UPDATE run SET started_at = coalesce(started_at, ${at}) FROM begun WHERE run.id = begun.run_id
  `.execute(tx);
}

/** What the result brings that the reducer does not decide on. */
export async function saveResult(
  tx: Tx,
  key: { taskId: string; attempt: number },
  result: Pick<
    Updateable<CoreTables["attempt"]>,
    "exit_code" | "error" | "recap" | "resources" | "output_sha256"
  >,
): Promise<void> {
  await tx
    .updateTable("attempt")
    .set(result)
    .where("task_id", "=", key.taskId)
    .where("number", "=", key.attempt)
    .execute();
}
