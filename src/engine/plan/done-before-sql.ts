import { sql } from "kysely";
import type { PlanStep } from "../../contracts/plan.ts";
import type { Database } from "../schema.ts";

export interface DoneBefore {
  readonly run_id: string;
  readonly ended_at: Date;
  readonly hosts: string[];
  readonly step: PlanStep;
}

/** Steps about these services that succeeded, and began before `until`; newest first. */
export async function listDoneBefore(
  db: Database,
  services: readonly string[],
  until: Date | null,
): Promise<DoneBefore[]> {
  const { rows } = await sql<DoneBefore>`
    SELECT t.run_id, t.ended_at, t.hosts, p.document -> 'steps' -> t.step AS step
    FROM task t JOIN run r ON r.id = t.run_id JOIN plan p ON p.id = t.plan_id
    WHERE r.purpose = 'change' AND t.state = 'succeeded' AND t.ended_at IS NOT NULL
      AND t.services && ${[...services]}::text[]
      AND (${until}::timestamptz IS NULL OR t.started_at < ${until}::timestamptz)
    ORDER BY t.ended_at DESC, t.step DESC LIMIT 200
  `.execute(db);
  return rows;
}
