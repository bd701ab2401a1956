import { sql } from "kysely";
import type { Verb } from "../../contracts/vocabulary.ts";
import { spokenName } from "../../understand/tokens.ts";
import type { Database } from "../schema.ts";

/** A step that a run has ended, as the record has it. */
export interface DoneStep {
  readonly name: string;
  readonly services: string[];
  readonly hosts: string[];
  readonly verb: Verb;
  readonly state: "succeeded" | "failed" | "unknown";
  readonly ended_at: Date;
  readonly plan_id: string;
  readonly by: string | null;
}

interface Wish {
  /** Undefined: on any host. */
  readonly host?: string;
  readonly service?: string;
  readonly since?: Date;
  /** Also those that failed, or of which nobody knows how they ended. */
  readonly failed?: true;
}

/** Steps that have ended, newest first. */
export async function listDoneSteps(db: Database, wish: Wish): Promise<DoneStep[]> {
  const states = wish.failed === true ? ["succeeded", "failed", "unknown"] : ["succeeded"];
  const conditions = [
    sql`t.state = ANY(${states}::text[])`,
    sql`t.ended_at IS NOT NULL`,
    sql`r.purpose = 'change'`,
  ];
  if (wish.host !== undefined)
    conditions.push(sql`lower(${wish.host}::text) IN (SELECT lower(unnest(t.hosts)))`);
  if (wish.since !== undefined) conditions.push(sql`t.ended_at >= ${wish.since}`);
  if (wish.service !== undefined)
    conditions.push(sql`EXISTS (
      SELECT 1 FROM unnest(t.services || t.name) AS said (name)
      WHERE btrim(regexp_replace(lower(said.name), '[-_./\\s]+', ' ', 'g')) = ${spokenName(wish.service)})`);
  const { rows } = await sql<DoneStep>`
    SELECT t.name, t.services, t.hosts, t.state, t.ended_at, t.plan_id, p.approval ->> 'by' AS by,
           coalesce(p.document -> 'steps' -> t.step ->> 'verb', 'other') AS verb
    FROM task t JOIN run r ON r.id = t.run_id JOIN plan p ON p.id = t.plan_id
    WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY t.ended_at DESC, t.step DESC LIMIT 500
  `.execute(db);
  return rows;
}

export interface FailedRun {
  readonly id: string;
  readonly request_text: string;
  readonly state: string;
  readonly reason: string | null;
  readonly ended_at: Date;
}

/** Runs that failed, or of which nobody knows how they ended, newest first. */
export async function listFailedRuns(
  db: Database,
  wish: { host: string | null; since: Date },
): Promise<FailedRun[]> {
  const onHost =
    wish.host === null
      ? sql`true`
      : sql`EXISTS (SELECT 1 FROM task h WHERE h.run_id = r.id AND lower(${wish.host}::text) IN (SELECT lower(unnest(h.hosts))))`;
  const { rows } = await sql<FailedRun>`
    SELECT r.id, r.request_text, r.state, coalesce(r.ended_at, r.created_at) AS ended_at,
           coalesce((SELECT t.name || coalesce(': ' || t.reason, '') FROM task t
                     WHERE t.run_id = r.id AND t.state IN ('failed', 'unknown') ORDER BY t.step LIMIT 1), r.reason) AS reason
    FROM run r
    WHERE r.state IN ('failed', 'unknown') AND r.purpose = 'change'
      AND coalesce(r.ended_at, r.created_at) >= ${wish.since} AND ${onHost}
    ORDER BY ended_at DESC LIMIT 200
  `.execute(db);
  return rows;
}

export async function listOpenRuns(
  db: Database,
): Promise<{ id: string; request_text: string; state: string; reason: string | null }[]> {
  return await db
    .selectFrom("run")
    .select(["id", "request_text", "state", "reason"])
    .where("state", "in", ["queued", "running", "paused"])
    .orderBy("created_at")
    .limit(100)
    .execute();
}

/** Plans that wait for a decision, and requests that wait for answers; newest first. */
export async function listWaiting(
  db: Database,
): Promise<{ plans: { id: string; summary: string; risk: string }[]; requests: { text: string }[] }> {
  const plans = await db
    .selectFrom("plan")
    .select(["id", "summary", "risk"])
    .where("state", "=", "proposed")
    .orderBy("created_at", "desc")
    .limit(100)
    .execute();
  const requests = await db
    .selectFrom("request")
    .select("text")
    .where("status", "=", "needs_clarification")
    .orderBy("created_at", "desc")
    .limit(100)
    .execute();
  return { plans, requests };
}
