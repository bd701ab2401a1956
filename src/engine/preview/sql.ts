import { sql, type Selectable } from "kysely";
import { appendEvents } from "../stream/sql.ts";
import type { PlanRow } from "../plan/sql.ts";
import { isNobodys } from "../replicas/sql.ts";
import type { Database, Tx } from "../schema.ts";
import type { PreviewTables } from "./tables.ts";

/** Channel on which PostgreSQL tells every server that the previews of a plan are to stop; the payload is its id. */
export const stopPreviewChannel = "chf_preview";

export async function tellStop(tx: Tx, planId: string): Promise<void> {
  await sql`SELECT pg_notify(${stopPreviewChannel}, ${planId})`.execute(tx);
}

export type PreviewRow = Selectable<PreviewTables["plan_preview"]>;

export async function listPreviewRows(db: Database, planId: string): Promise<PreviewRow[]> {
  return await db
    .selectFrom("plan_preview")
    .selectAll()
    .where("plan_id", "=", planId)
    .orderBy("step")
    .execute();
}

/**
 * Writes how the preview of a step stands, in the place of what was there, and tells whoever looks at the plan. False, and nothing is
 * written, where another look at that step is under way.
 */
export async function savePreview(
  tx: Tx,
  row: PreviewRow,
  told: { state: PlanRow["state"]; at: Date },
): Promise<boolean> {
  const values = {
    ...row,
    result: JSON.stringify(row.result),
    started_by: row.started_by === null ? null : JSON.stringify(row.started_by),
  };
  const { plan_id: _plan, step: _step, ...changes } = values;
  const written = await tx
    .insertInto("plan_preview")
    .values(values)
    .onConflict((conflict) =>
      conflict
        .columns(["plan_id", "step"])
        .doUpdateSet(changes)
        .where((each) =>
          each.or([each("plan_preview.id", "=", row.id), each("plan_preview.state", "<>", "running")]),
        ),
    )
    .returning("id")
    .executeTakeFirst();
  if (written === undefined) return false;
  const data = { planId: row.plan_id, state: told.state };
  await appendEvents(tx, `plan:${row.plan_id}`, { at: told.at, bodies: [{ type: "plan.state", data }] });
  return true;
}

/** Those of servers that are none of these: nothing of them runs any more. */
export async function endLeftPreviews(db: Database, at: Date, alive: readonly string[]): Promise<void> {
  await db
    .updateTable("plan_preview")
    .set({ state: "cancelled", reason: "the server was ended while it ran", ended_at: at })
    .where("state", "=", "running")
    .where(isNobodys(alive))
    .execute();
}

/** Plans that wait for a decision and of which steps were never looked at, the oldest first. */
export async function listUnseenPlans(db: Database, since: Date): Promise<string[]> {
  const rows = await sql<{ id: string }>`
    SELECT id FROM plan
    WHERE state = 'proposed' AND created_at > ${since}
      AND (SELECT count(*) FROM plan_preview WHERE plan_id = plan.id) < jsonb_array_length(document -> 'steps')
    ORDER BY created_at LIMIT 20
  `.execute(db);
  return rows.rows.map((row) => row.id);
}

/** Of these plans those that nobody can approve any more, or somebody has. */
export async function listDecided(db: Database, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom("plan")
    .select("id")
    .where("id", "in", ids)
    .where("state", "<>", "proposed")
    .execute();
  return rows.map((row) => row.id);
}
