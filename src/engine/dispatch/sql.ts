import { sql } from "kysely";
import type { Executor, HoldingTask, WaitingTask } from "../../domain/queue/queue.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells that tasks may be placed now, or wait for something else than before. */
export const placeChannel = "chf_place";

export async function askForPlacement(tx: Tx): Promise<void> {
  await sql`SELECT pg_notify(${placeChannel}, '')`.execute(tx);
}

/** One placement at a time in the whole installation, so that two servers do not give one host to two tasks. */
export async function lockPlacement(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(727301)`.execute(tx);
}

export interface ReadyTask extends WaitingTask {
  readonly reason: string | null;
  /** Back-off: not before this time. */
  readonly notBefore: Date | null;
  readonly queueAt: Date;
}

/**
 * Tasks that wait to be placed, in their order, behind `after`. Those that want only hosts of `taken` are left out.
 * The condition is written out, so that the index of the queue is used however many tasks there are.
 */
export async function listReady(
  db: Database,
  from: { after: ReadyTask | undefined; taken: readonly string[]; limit: number },
): Promise<ReadyTask[]> {
  const { after, taken, limit } = from;
  const behind =
    after === undefined
      ? sql`true`
      : sql`(queue_at, run_id, step) > (${after.queueAt}, ${after.runId}::uuid, ${after.step})`;
  const open = taken.length === 0 ? sql`true` : sql`NOT hosts <@ ${[...taken]}::text[]`;
  const rows = await sql<ReadyTask>`
    SELECT id, run_id AS "runId", step, hosts, services, parallel, reason,
           not_before AS "notBefore", queue_at AS "queueAt"
    FROM task WHERE state = 'ready' AND ${behind} AND ${open}
    ORDER BY queue_at, run_id, step LIMIT ${limit}
  `.execute(db);
  return rows.rows;
}

/** Tasks that have their hosts, or may still have them: an attempt whose agent fell silent runs on until its orphan limit. */
export async function listHolding(db: Database, unknownSince: Date): Promise<HoldingTask[]> {
  const rows = await sql<HoldingTask>`
    SELECT run_id AS "runId", step, hosts, services, parallel FROM task WHERE state IN ('leased', 'running')
    UNION ALL
    SELECT run_id, step, hosts, services, parallel FROM task
    WHERE state = 'unknown' AND ended_at > ${unknownSince} AND NOT EXISTS (
      -- The agent itself said that it does not know: it has stopped what was left.
      SELECT FROM attempt WHERE attempt.task_id = task.id AND attempt.resources IS NOT NULL)
  `.execute(db);
  return rows.rows;
}

/** Agents that execute Ansible and are online, the oldest first. */
export async function listExecutors(db: Database): Promise<Executor[]> {
  const rows = await sql<Executor>`
    SELECT agent.id, agent.name, (
      SELECT count(*)::int FROM attempt WHERE attempt.agent_id = agent.id AND attempt.state <> 'ended'
    ) AS busy
    FROM agent WHERE type = 'infra' AND status = 'online' AND 'ansible' = ANY (capabilities)
    ORDER BY agent.created_at, agent.id
  `.execute(db);
  return rows.rows;
}
