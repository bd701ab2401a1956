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
      SELECT extract(epoch FROM ended_at - started_at) * 1000 AS ms
      FROM task WHERE unit_id = ${unitId} AND state = 'succeeded' AND started_at IS NOT NULL
      ORDER BY ended_at DESC LIMIT 50
    ) AS recent
  `.execute(db);
  const last = await db
    .selectFrom("task")
    .select("state")
    .where("unit_id", "=", unitId)
    .where("state", "in", ["succeeded", "failed", "unknown"])
    .orderBy("ended_at", "desc")
    .limit(1)
    .executeTakeFirst();
  const [row] = times.rows;
  const expected =
    row && row.samples > 0 && row.p50 !== null && row.p90 !== null
      ? { p50: Math.round(row.p50), p90: Math.round(row.p90), samples: row.samples }
      : null;
  return { expected, lastRunFailed: last !== undefined && last.state !== "succeeded" };
}
