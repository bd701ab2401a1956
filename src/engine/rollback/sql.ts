import { sql } from "kysely";
import type { RunPurpose, RunState, TaskState } from "../../contracts/run.ts";
import { noSuchRun } from "../run/sql.ts";
import type { Database } from "../schema.ts";

export async function getEndedRun(
  db: Database,
  id: string,
): Promise<{
  plan_id: string;
  plan_hash: string;
  request_text: string;
  purpose: RunPurpose;
  state: RunState;
}> {
  const row = await db
    .selectFrom("run")
    .select(["plan_id", "plan_hash", "request_text", "purpose", "state"])
    .where("id", "=", id)
    .executeTakeFirst();
  if (!row) throw noSuchRun(id);
  return row;
}

export interface Change {
  readonly step: number;
  readonly state: TaskState;
  readonly started_at: Date | null;
}

/** The steps of a run that changed something by Ansible's own count, and those that may have, in their order. */
export async function listChanges(db: Database, runId: string): Promise<Change[]> {
  return await db
    .selectFrom("task")
    .select(["step", "state", "started_at"])
    .where("run_id", "=", runId)
    .where("started_at", "is not", null)
    .where((eb) =>
      eb.or([
        eb("changed", "=", true),
        // Without Ansible's count nobody knows.
        eb("state", "=", "unknown"),
        eb.and([
          eb("state", "in", ["failed", "cancelled"]),
          eb.not(
            eb.exists(
              eb
                .selectFrom("attempt")
                .select("attempt.number")
                .whereRef("attempt.task_id", "=", "task.id")
                .where("attempt.recap", "is not", null),
            ),
          ),
        ]),
      ]),
    )
    .orderBy("step")
    .execute();
}

/** Later runs that worked on the same services, newest first. */
export async function listLaterRuns(
  db: Database,
  of: { runId: string; services: readonly string[] },
): Promise<{ id: string; request_text: string }[]> {
  const { rows } = await sql<{ id: string; request_text: string }>`
    SELECT later.id, later.request_text FROM run AS later
    WHERE later.purpose = 'change' AND later.id <> ${of.runId} AND later.started_at IS NOT NULL
      AND later.created_at > (SELECT created_at FROM run WHERE id = ${of.runId})
      AND EXISTS (SELECT 1 FROM task WHERE task.run_id = later.id AND task.started_at IS NOT NULL
                  AND task.services && ${[...of.services]}::text[])
    ORDER BY later.created_at DESC LIMIT 5
  `.execute(db);
  return rows;
}
