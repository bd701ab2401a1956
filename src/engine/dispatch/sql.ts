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

/** An agent that executes Ansible and is online; the conditions are those of the indexes `agent_executor` and `agent_executor_here`. */
const isExecutor = sql`agent.type = 'infra' AND agent.status = 'online' AND agent.revoked_at IS NULL
  AND 'ansible' = ANY (agent.capabilities)`;
const isHere = sql`(agent.signing_key IS NULL OR 'server-machine' = ANY (agent.labels))`;

/** The least busy agent that may have one more attempt; of equals the oldest. As `chooseExecutor` says it, however many there are. */
export async function findExecutor(
  db: Database,
  wish: { here: boolean; most: number },
): Promise<string | undefined> {
  const open = sql`${isExecutor} AND agent.draining_since IS NULL`;
  const fits = wish.here ? sql`${open} AND ${isHere}` : open;
  const idle = await sql<{ id: string }>`
    SELECT id FROM agent WHERE ${fits} AND NOT EXISTS (
      SELECT FROM attempt WHERE attempt.agent_id = agent.id AND attempt.state <> 'ended')
    ORDER BY created_at, id LIMIT 1
  `.execute(db);
  if (idle.rows[0] !== undefined) return idle.rows[0].id;
  const busy = await sql<{ id: string }>`
    SELECT agent.id FROM agent JOIN (
      SELECT agent_id, count(*) AS busy FROM attempt WHERE state <> 'ended' GROUP BY agent_id HAVING count(*) < ${wish.most}
    ) AS held ON held.agent_id = agent.id
    WHERE ${fits} ORDER BY busy, created_at, id LIMIT 1
  `.execute(db);
  return busy.rows[0]?.id;
}

/** Agents that execute Ansible and are online, the oldest first. */
export async function listExecutors(db: Database): Promise<Executor[]> {
  const { rows } = await sql<Executor>`
    SELECT agent.id, agent.name, ${isHere} AS here, agent.draining_since IS NOT NULL AS draining, coalesce(held.busy, 0)::integer AS busy
    FROM agent LEFT JOIN (
      SELECT agent_id, count(*) AS busy FROM attempt WHERE state <> 'ended' GROUP BY agent_id
    ) AS held ON held.agent_id = agent.id
    WHERE ${isExecutor} ORDER BY agent.created_at, agent.id
  `.execute(db);
  return rows;
}

/**
 * Tasks that have their hosts, or may still have them: a silent agent's attempt runs on until its orphan limit.
 * @param unknownSince an attempt whose agent fell silent before this is over by now
 */
export async function listHolding(db: Database, unknownSince: Date): Promise<HoldingTask[]> {
  // The driver reads JSON several times as fast as arrays.
  const { rows } = await sql<{ holding: HoldingTask[] }>`
    SELECT coalesce(json_agg(json_build_object(
      'runId', run_id, 'step', step, 'hosts', hosts, 'services', services, 'parallel', parallel, 'lost', lost)), '[]') AS holding
    FROM (
      SELECT run_id, step, hosts, services, parallel, false AS lost FROM task WHERE state IN ('leased', 'running')
      UNION ALL
      SELECT run_id, step, hosts, services, parallel, true FROM task
      WHERE state = 'unknown' AND ended_at > ${unknownSince} AND NOT EXISTS (
        -- The agent itself said that it does not know: it has stopped what was left.
        SELECT FROM attempt WHERE attempt.task_id = task.id AND attempt.resources IS NOT NULL)
    ) AS held
  `.execute(db);
  return rows[0]?.holding ?? [];
}
