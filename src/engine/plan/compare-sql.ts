import { sql } from "kysely";
import type { RunState } from "../../contracts/run.ts";
import type { Database } from "../schema.ts";
import type { PlanRow } from "./sql.ts";

/** The plan that was the revision before. */
export async function findPreviousPlan(
  db: Database,
  plan: Pick<PlanRow, "request_id" | "revision">,
): Promise<string | undefined> {
  const row = await db
    .selectFrom("plan")
    .select("id")
    .where("request_id", "=", plan.request_id)
    .where("revision", "<", plan.revision)
    .orderBy("revision", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

export interface EndedRun {
  readonly id: string;
  readonly plan_id: string;
  readonly state: RunState;
  readonly at: Date;
}

/**
 * The newest run that has ended, of another plan, that ran these units: one that ran exactly these goes before one that ran
 * some of them. Undefined when none did.
 */
export async function findLastRun(
  db: Database,
  plan: { id: string; units: readonly string[]; made: Date },
): Promise<EndedRun | undefined> {
  const units = [...new Set(plan.units)].toSorted();
  if (units.length === 0) return undefined;
  const { rows } = await sql<EndedRun>`
    SELECT run.id, run.plan_id, run.state, coalesce(run.started_at, run.created_at) AS at
    FROM run JOIN task ON task.run_id = run.id
    WHERE run.id IN (SELECT run_id FROM task WHERE unit_id = ANY(${units}::text[]))
      AND run.purpose = 'change' AND run.plan_id <> ${plan.id} AND run.created_at <= ${plan.made}::timestamptz
      AND run.started_at IS NOT NULL AND run.state IN ('succeeded', 'failed', 'cancelled', 'unknown')
    GROUP BY run.id
    ORDER BY array_agg(DISTINCT task.unit_id ORDER BY task.unit_id) = ${units}::text[] DESC, run.created_at DESC
    LIMIT 1
  `.execute(db);
  return rows[0];
}
