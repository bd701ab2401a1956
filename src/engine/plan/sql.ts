import { sql, type Selectable } from "kysely";
import type { Plan, PlanState, PlanSummary } from "../../contracts/plan.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { CoreTables, PlanRetry } from "../core-tables.ts";
import type { Page, PageOptions } from "../engine.ts";
import { isBehind, toPage } from "../page-sql.ts";
import type { Database, Tx } from "../schema.ts";
import { formFor, type Seen } from "./one-click.ts";

export type PlanRow = Selectable<CoreTables["plan"]>;

export async function getPlanRow(db: Database, id: string): Promise<PlanRow> {
  const row = await db.selectFrom("plan").selectAll().where("id", "=", id).executeTakeFirst();
  if (!row)
    throw new ChiffonError("not-found", `there is no plan ${id}`, { hint: "chiffon plan list shows all" });
  return row;
}

/** The plan with its row locked. */
export async function lockPlanRow(tx: Tx, id: string): Promise<PlanRow> {
  await tx.selectFrom("plan").select("id").where("id", "=", id).forUpdate().execute();
  return await getPlanRow(tx, id);
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const idPrefix = /^[0-9a-f][0-9a-f-]{3,35}$/;

/** The whole id for an id or a unique beginning of one (4 characters or more). */
export async function resolveId(
  db: Database,
  table: "plan" | "run" | "request" | "task",
  given: string,
): Promise<string> {
  const text = given.toLowerCase();
  if (uuid.test(text)) return text;
  const hint = `chiffon ${table === "task" ? "run" : table} list shows all`;
  if (!idPrefix.test(text))
    throw new ChiffonError("not-found", `"${given.slice(0, 50)}" is no id of a ${table}`, { hint });
  const found = await sql<{ id: string }>`
    SELECT id FROM ${sql.table(table)} WHERE id::text LIKE ${`${text}%`} LIMIT 2
  `.execute(db);
  const [first, second] = found.rows;
  if (!first) throw new ChiffonError("not-found", `there is no ${table} ${text}`, { hint });
  if (second)
    throw new ChiffonError("bad-input", `several ${table}s begin with ${text}`, {
      hint: "give more characters of the id",
    });
  return first.id;
}

export async function insertPlan(
  tx: Tx,
  plan: Omit<PlanRow, "approval" | "run_id" | "reason">,
): Promise<void> {
  await tx
    .insertInto("plan")
    .values({
      ...plan,
      reason: null,
      approval: null,
      run_id: null,
      document: JSON.stringify(plan.document),
      manifests: JSON.stringify(plan.manifests),
      created_by: JSON.stringify(plan.created_by),
    })
    .execute();
}

/**
 * Digests of the snapshots that something may still run from, open plans and runs that are not over; and those that such
 * plans are compared with: the revision before them, and the newest run of each unit.
 */
export async function listNeededSnapshots(db: Database): Promise<string[]> {
  const rows = await sql<{ digest: string }>`
    SELECT DISTINCT step ->> 'snapshot' AS digest
    FROM plan LEFT JOIN run ON run.plan_id = plan.id, jsonb_array_elements(plan.manifests -> 'steps') AS step
    WHERE plan.state IN ('draft', 'proposed', 'stale')
       OR (plan.state = 'approved' AND (run.id IS NULL OR run.state NOT IN ('succeeded', 'failed', 'cancelled')))
       OR EXISTS (
         SELECT 1 FROM plan AS later
         WHERE later.request_id = plan.request_id AND later.revision = plan.revision + 1
           AND later.state IN ('draft', 'proposed', 'stale'))
       OR plan.id IN (
         SELECT DISTINCT ON (task.unit_id) task.plan_id FROM task JOIN run AS done ON done.id = task.run_id
         WHERE done.purpose = 'change' AND task.ended_at IS NOT NULL
         ORDER BY task.unit_id, task.ended_at DESC)
  `.execute(db);
  return rows.rows.map((row) => row.digest);
}

export async function nextRevision(tx: Tx, requestId: string): Promise<number> {
  const row = await tx
    .selectFrom("plan")
    .select((eb) => eb.fn.max("revision").as("last"))
    .where("request_id", "=", requestId)
    .executeTakeFirst();
  return (row?.last ?? 0) + 1;
}

export async function compareAndSetState(
  tx: Tx,
  change: { planId: string; from: PlanState; to: PlanState; reason: string | null },
): Promise<Pick<PlanRow, "hash" | "request_id" | "document"> | undefined> {
  return await tx
    .updateTable("plan")
    .set({ state: change.to, reason: change.reason })
    .where("id", "=", change.planId)
    .where("state", "=", change.from)
    .returning(["hash", "request_id", "document"])
    .executeTakeFirst();
}

const base = (db: Database) =>
  db
    .selectFrom("plan")
    .innerJoin("request", "request.id", "plan.request_id")
    .selectAll("plan")
    .select("request.text");

/** @param seen who looks at it: how they have to approve it; without it, how anybody else has to */
export async function getPlan(db: Database, id: string, seen?: Seen): Promise<Plan> {
  const row = await base(db).where("plan.id", "=", id).executeTakeFirst();
  if (!row)
    throw new ChiffonError("not-found", `there is no plan ${id}`, { hint: "chiffon plan list shows all" });
  return {
    ...toSummary(row),
    steps: row.document.steps,
    notes: row.document.notes,
    riskReasons: row.document.riskReasons,
    ...(row.document.retry === undefined ? {} : { retryOf: toRetryOf(row.document.retry) }),
    approvalForm: formFor({ risk: row.risk, retry: row.document.retry }, nameToType(row), seen),
    approval: row.approval,
    createdBy: row.created_by.name,
  };
}

function toRetryOf({ runId, from, click }: PlanRetry): Plan["retryOf"] {
  return { runId, from, click: click === null ? null : { by: click.actor.name, until: click.until } };
}

/** The services that a plan touches, for its records. */
export function servicesOf({ document }: Pick<PlanRow, "document">): string[] {
  return [...new Set(document.steps.flatMap((step) => step.services))];
}

/** What has to be typed for a risky plan: the name of what its riskiest step works on. */
export function nameToType(row: Pick<PlanRow, "document" | "risk">): string {
  const { steps } = row.document;
  const first = steps.find((step) => step.risk === row.risk) ?? steps[0];
  return first?.unit.kind === "operation"
    ? (first.hosts[0] ?? first.target)
    : (first?.unit.name ?? "approve");
}

function toSummary(row: PlanRow & { text: string }): PlanSummary {
  return {
    id: row.id,
    requestId: row.request_id,
    requestText: row.text,
    revision: row.revision,
    state: row.state,
    reason: row.reason,
    hash: row.hash,
    summary: row.summary,
    risk: row.risk,
    runId: row.run_id,
    createdAt: row.created_at.toISOString(),
  };
}

export async function listPlans(
  db: Database,
  options: PageOptions & { state?: PlanState },
): Promise<Page<PlanSummary>> {
  let query = base(db)
    .orderBy("plan.created_at", "desc")
    .orderBy("plan.id")
    .limit(options.limit + 1);
  if (options.state) query = query.where("plan.state", "=", options.state);
  if (options.cursor !== undefined)
    query = query.where(isBehind(options.cursor, { time: "plan.created_at", id: "plan.id" }));
  const items = (await query.execute()).map(toSummary);
  return toPage(items, { limit: options.limit, time: (item) => item.createdAt });
}
