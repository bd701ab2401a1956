import { sql } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { leftHosts } from "../../domain/run/left-hosts.ts";
import type { TriedStep } from "../../domain/run/retry.ts";
import type { PlanRow } from "../plan/sql.ts";
import { listHostResults } from "../run/view-sql.ts";
import { noSuchRun, type RunRow } from "../run/sql.ts";
import type { Database, Tx } from "../schema.ts";

export async function getRunRow(db: Database, id: string): Promise<RunRow> {
  const row = await db.selectFrom("run").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row) throw noSuchRun(id);
  return row;
}

/** The steps of a run as they ended, with the hosts that are left of each. */
export async function listTried(db: Database, runId: string, plan: PlanRow): Promise<TriedStep[]> {
  const tasks = await db.selectFrom("task").selectAll().where("run_id", "=", runId).orderBy("step").execute();
  const attempts = await db
    .selectFrom("attempt")
    .innerJoin("task", "task.id", "attempt.task_id")
    .select(["attempt.task_id", "attempt.number", "attempt.outcome", "attempt.recap"])
    .where("task.run_id", "=", runId)
    .where("attempt.started_at", "is not", null)
    .orderBy("attempt.number")
    .execute();
  const cells = await listHostResults(db, runId);
  return tasks.map((task) => {
    const attempt = attempts.findLast((each) => each.task_id === task.id);
    const last = plan.document.steps.find((each) => each.index === task.step)?.ansibleTasks.at(-1)?.source;
    const seen = cells
      .filter((cell) => cell.taskId === task.id && cell.attempt === attempt?.number)
      .map(({ key, host, status, source, startedAt, endedAt }) => ({
        key,
        host,
        status,
        source,
        startedAt: Date.parse(startedAt),
        endedAt: endedAt === null ? null : Date.parse(endedAt),
      }));
    return {
      step: task.step,
      state: task.state,
      skipCause: task.skip_cause,
      changed: task.changed,
      hosts: task.hosts,
      left: leftHosts(
        { hosts: task.hosts, last: last ?? null },
        attempt === undefined ? null : { outcome: attempt.outcome, recap: attempt.recap, cells: seen },
      ),
      after: task.after,
      condition: task.condition,
    };
  });
}

/** The newest plan of the whole request: what its words mean now. */
export async function findBase(db: Database, requestId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("plan")
    .select("id")
    .where("request_id", "=", requestId)
    .where(sql<boolean>`document -> 'retry' IS NULL`)
    .orderBy("revision", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** The run that tries a run again at this moment: approved, and not over. */
export async function findOpenRetry(db: Database, runId: string): Promise<string | undefined> {
  const row = await db
    .selectFrom("run")
    .innerJoin("plan", "plan.id", "run.plan_id")
    .select("run.id")
    .where("run.purpose", "=", "change")
    .where("run.state", "in", ["queued", "running", "paused"])
    .where(sql<boolean>`plan.document -> 'retry' ->> 'runId' = ${runId}`)
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** Who approved a plan, and when, by the record. */
export async function findApproval(
  db: Database,
  planId: string,
): Promise<{ actor: Actor; at: Date } | undefined> {
  const row = await db
    .selectFrom("audit_record")
    .select(["at", "actor_kind", "actor_name", "actor_id"])
    .where("kind", "=", "plan.approved")
    .where("plan_id", "=", planId)
    .orderBy("arrival", "desc")
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const kind = row.actor_kind as Actor["kind"];
  return { actor: { kind, name: row.actor_name, id: row.actor_id }, at: row.at };
}

/** One retry of a request at a time; one whose words are being read has no plan to build on. */
export async function lockPlannedRequest(tx: Tx, id: string): Promise<void> {
  const row = await tx
    .selectFrom("request")
    .select("status")
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  if (row?.status === "planned") return;
  throw new ChiffonError("conflict", "the request of this run is being changed at this moment", {
    hint: "look at it, then try again",
  });
}

export async function setPlanOfRequest(tx: Tx, request: { id: string; planId: string }): Promise<void> {
  await tx.updateTable("request").set({ plan_id: request.planId }).where("id", "=", request.id).execute();
}
