import type { SignedApproval } from "../../contracts/agent-protocol.ts";
import type { Approval } from "../../contracts/plan.ts";
import type { Priority } from "../../contracts/vocabulary.ts";
import type { PlanRow } from "../plan/sql.ts";
import type { Database, Tx } from "../schema.ts";

export async function countUsers(db: Database): Promise<number> {
  const row = await db
    .selectFrom("app_user")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** Returns the priority of the run: that of its request. */
export async function insertRun(
  tx: Tx,
  run: { runId: string; row: PlanRow; signed: SignedApproval; at: Date },
): Promise<Priority> {
  const request = await tx
    .selectFrom("request")
    .select(["text", "priority"])
    .where("id", "=", run.row.request_id)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto("run")
    .values({
      id: run.runId,
      plan_id: run.row.id,
      plan_hash: run.row.hash,
      request_text: request.text,
      state: "queued",
      reason: null,
      priority: request.priority,
      approval: JSON.stringify(run.signed),
      created_at: run.at,
    })
    .execute();
  return request.priority;
}

export async function insertTasks(
  tx: Tx,
  tasks: {
    runId: string;
    row: PlanRow;
    stopBefore?: readonly number[];
    /** See `queueTime`. */
    queueAt: Date;
    newId: () => string;
  },
): Promise<void> {
  const { row } = tasks;
  await tx
    .insertInto("task")
    .values(
      row.document.steps.map((step, index) => ({
        id: tasks.newId(),
        run_id: tasks.runId,
        plan_id: row.id,
        step: step.index,
        state: "pending" as const,
        reason: null,
        name: step.unit.name,
        unit_id: step.unit.id,
        hosts: step.hosts,
        services: step.services,
        parallel: row.manifests.steps[index]?.parallel ?? null,
        here: row.manifests.steps[index]?.runsHere ?? false,
        queue_at: tasks.queueAt,
        after: step.after,
        condition: step.condition === null ? null : JSON.stringify(step.condition),
        stop: tasks.stopBefore?.includes(step.index) === true ? ("ahead" as const) : null,
      })),
    )
    .execute();
}

/** Steps before which the run of this plan was asked to stop, in order. */
export async function listStopsOfRun(db: Database, runId: string): Promise<number[]> {
  const rows = await db
    .selectFrom("task")
    .select("step")
    .where("run_id", "=", runId)
    .where("stop", "is not", null)
    .orderBy("step")
    .execute();
  return rows.map((row) => row.step);
}

/** The approval under which the run goes on, and what it was given to. */
export async function setContinued(
  tx: Tx,
  change: { runId: string; taskId: string; signed: SignedApproval; hash: string },
): Promise<void> {
  await tx
    .updateTable("run")
    .set({ approval: JSON.stringify(change.signed) })
    .where("id", "=", change.runId)
    .execute();
  await tx.updateTable("task").set({ stop_hash: change.hash }).where("id", "=", change.taskId).execute();
}

export async function setApproval(
  tx: Tx,
  change: { planId: string; approval: Approval; runId: string | null },
): Promise<void> {
  await tx
    .updateTable("plan")
    .set({
      approval: JSON.stringify(change.approval),
      run_id: change.runId,
      ...(change.runId === null ? {} : { state: "approved" as const }),
    })
    .where("id", "=", change.planId)
    .execute();
}
