import { sql } from "kysely";
import type { Executor, HoldingTask, WaitingTask } from "../../domain/queue/queue.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells that tasks may be placed now, or wait for something else than before. */
export const placeChannel = "chf_place";

export async function askForPlacement(tx: Tx): Promise<void> {
  await sql`SELECT pg_notify(${placeChannel}, '')`.execute(tx);
}

/**
 * One placement at a time in the whole installation, so that two servers do not give one host to two tasks. Returns the fence
 * number for what is placed: they only ever grow, whoever hands them out.
 */
export async function lockPlacement(tx: Tx): Promise<number> {
  // The number is drawn by who has the lock: a later holder has a larger one.
  const rows = await sql<{ fence: number }>`
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(727301)) SELECT nextval('fence') AS fence FROM held
  `.execute(tx);
  return Number(rows.rows[0]?.fence);
}

export interface ReadyTask extends WaitingTask {
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
    SELECT id, run_id AS "runId", step, hosts, services, parallel, here,
           not_before AS "notBefore", queue_at AS "queueAt"
    FROM task WHERE state = 'ready' AND ${behind} AND ${open}
    ORDER BY queue_at, run_id, step LIMIT ${limit}
  `.execute(db);
  return rows.rows;
}

/** All that wait to be placed and may begin now, in their order; what people were told last comes with it. */
export async function listWaiting(
  db: Database,
  wish: { now: Date; limit: number },
): Promise<(WaitingTask & { reason: string | null })[]> {
  // The driver reads JSON several times as fast as arrays.
  const rows = await sql<WaitingTask & { reason: string | null }>`
    SELECT id, run_id AS "runId", step, to_json(hosts) AS hosts, to_json(services) AS services, parallel, here, reason
    FROM task WHERE state = 'ready' AND (not_before IS NULL OR not_before <= ${wish.now})
    ORDER BY queue_at, run_id, step LIMIT ${wish.limit}
  `.execute(db);
  return rows.rows;
}

/** What decides about placing: agents, and what is locked. */
export interface Placement {
  /** Agents that execute Ansible and are online, the oldest first. */
  readonly executors: Executor[];
  /** Tasks that have their hosts, or may still have them: a silent agent's attempt runs on until its orphan limit. */
  readonly holding: HoldingTask[];
}

/** @param unknownSince an attempt whose agent fell silent before this is over by now */
export async function readPlacement(db: Database, unknownSince: Date): Promise<Placement> {
  const rows = await sql<Placement>`
    SELECT coalesce((
      SELECT json_agg(json_build_object('id', agent.id, 'name', agent.name, 'here', agent.signing_key IS NULL OR 'server-machine' = ANY (agent.labels), 'busy', (
        SELECT count(*) FROM attempt WHERE attempt.agent_id = agent.id AND attempt.state <> 'ended'
      )) ORDER BY agent.created_at, agent.id)
      FROM agent WHERE type = 'infra' AND status = 'online' AND revoked_at IS NULL AND 'ansible' = ANY (capabilities)
    ), '[]') AS executors, coalesce((
      SELECT json_agg(json_build_object(
        'runId', run_id, 'step', step, 'hosts', hosts, 'services', services, 'parallel', parallel, 'lost', lost))
      FROM (
        SELECT run_id, step, hosts, services, parallel, false AS lost FROM task WHERE state IN ('leased', 'running')
        UNION ALL
        SELECT run_id, step, hosts, services, parallel, true FROM task
        WHERE state = 'unknown' AND ended_at > ${unknownSince} AND NOT EXISTS (
          -- The agent itself said that it does not know: it has stopped what was left.
          SELECT FROM attempt WHERE attempt.task_id = task.id AND attempt.resources IS NOT NULL)
      ) AS held
    ), '[]') AS holding
  `.execute(db);
  return rows.rows[0] ?? { executors: [], holding: [] };
}
