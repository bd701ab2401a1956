import type { Database } from "../schema.ts";

/** Attempts whose lease ended before `now`. */
export async function listSilentAttempts(
  db: Database,
  now: Date,
): Promise<{ task_id: string; number: number; run_id: string; state: "leased" | "running" | "ended" }[]> {
  return await db
    .selectFrom("attempt")
    .innerJoin("task", "task.id", "attempt.task_id")
    .select(["attempt.task_id", "attempt.number", "task.run_id", "attempt.state"])
    .where("attempt.state", "<>", "ended")
    .where("attempt.lease_until", "<", now)
    .execute();
}

/** Approved plans whose run has no start record and was approved before the given time. */
export async function listExpiredApprovals(
  db: Database,
  before: Date,
): Promise<{ plan_id: string; run_id: string }[]> {
  return await db
    .selectFrom("plan")
    .innerJoin("run", "run.plan_id", "plan.id")
    .select(["plan.id as plan_id", "run.id as run_id"])
    .where("plan.state", "=", "approved")
    .where("run.purpose", "=", "change")
    .where("run.state", "in", ["queued", "running", "paused"])
    .where("run.started_at", "is", null)
    .where("run.created_at", "<", before)
    .execute();
}
