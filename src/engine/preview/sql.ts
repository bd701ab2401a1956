import { sql, type Selectable } from "kysely";
import { appendEvents } from "../stream/sql.ts";
import type { PlanRow } from "../plan/sql.ts";
import type { Database, Tx } from "../schema.ts";
import type { PreviewTables } from "./tables.ts";

export type PreviewRow = Selectable<PreviewTables["plan_preview"]>;

export async function listPreviewRows(db: Database, planId: string): Promise<PreviewRow[]> {
  return await db
    .selectFrom("plan_preview")
    .selectAll()
    .where("plan_id", "=", planId)
    .orderBy("step")
    .execute();
}

/** Writes how the preview of a step stands, in the place of what was there, and tells whoever looks at the plan. */
export async function savePreview(
  tx: Tx,
  row: PreviewRow,
  told: { state: PlanRow["state"]; at: Date },
): Promise<void> {
  const values = {
    ...row,
    result: JSON.stringify(row.result),
    started_by: row.started_by === null ? null : JSON.stringify(row.started_by),
  };
  const { plan_id: _plan, step: _step, ...changes } = values;
  await tx
    .insertInto("plan_preview")
    .values(values)
    .onConflict((conflict) => conflict.columns(["plan_id", "step"]).doUpdateSet(changes))
    .execute();
  const data = { planId: row.plan_id, state: told.state };
  await appendEvents(tx, `plan:${row.plan_id}`, { at: told.at, bodies: [{ type: "plan.state", data }] });
}

/** Those that a server left when it was ended: nothing of them runs any more. */
export async function endLeftPreviews(db: Database, at: Date): Promise<void> {
  await db
    .updateTable("plan_preview")
    .set({ state: "cancelled", reason: "the server was ended while it ran", ended_at: at })
    .where("state", "=", "running")
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
