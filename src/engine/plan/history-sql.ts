import { sql } from "kysely";
import type { Database } from "../schema.ts";

export interface UnitHistory {
  readonly expected: { p50: number; p90: number; samples: number } | null;
  readonly lastRunFailed: boolean;
}

/** How long a unit took when it succeeded, and how it ended last. */
export async function findHistory(db: Database, unitId: string): Promise<UnitHistory> {
  const times = await sql<{ p50: number | null; p90: number | null; samples: number }>`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY ms) AS p90,
           count(*)::int AS samples
    FROM (
      SELECT extract(epoch FROM task.ended_at - task.started_at) * 1000 AS ms
      FROM task JOIN run ON run.id = task.run_id AND run.purpose = 'change'
      WHERE unit_id = ${unitId} AND task.state = 'succeeded' AND task.started_at IS NOT NULL
      ORDER BY task.ended_at DESC LIMIT 50
    ) AS recent
  `.execute(db);
  const last = await db
    .selectFrom("task")
    .innerJoin("run", "run.id", "task.run_id")
    .select("task.state")
    .where("run.purpose", "=", "change")
    .where("unit_id", "=", unitId)
    .where("task.state", "in", ["succeeded", "failed", "unknown"])
    .orderBy("task.ended_at", "desc")
    .limit(1)
    .executeTakeFirst();
  const [row] = times.rows;
  const expected =
    row && row.samples > 0 && row.p50 !== null && row.p90 !== null
      ? { p50: Math.round(row.p50), p90: Math.round(row.p90), samples: row.samples }
      : null;
  return { expected, lastRunFailed: last !== undefined && last.state !== "succeeded" };
}
