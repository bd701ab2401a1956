import { sql } from "kysely";
import type { Priority } from "../../contracts/vocabulary.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells that a task waits for an agent. */
export const placeChannel = "chf_place";

export async function askForPlacement(tx: Tx): Promise<void> {
  await sql`SELECT pg_notify(${placeChannel}, '')`.execute(tx);
}

/** One placement at a time in the whole installation, so that two servers do not give one host to two tasks. */
export async function lockPlacement(tx: Tx): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(727301)`.execute(tx);
}

export interface ReadyTask {
  readonly id: string;
  readonly run_id: string;
  readonly hosts: string[];
  readonly priority: Priority;
  readonly not_before: Date | null;
}

/** Tasks that wait for an agent: most urgent first, then the oldest run. */
export async function listReady(db: Database): Promise<ReadyTask[]> {
  return await db
    .selectFrom("task")
    .innerJoin("run", "run.id", "task.run_id")
    .select(["task.id", "task.run_id", "task.hosts", "task.not_before", "run.priority"])
    .where("task.state", "=", "ready")
    .orderBy("run.priority", "desc")
    .orderBy("run.created_at")
    .orderBy("task.step")
    .limit(1_000)
    .execute();
}

/** Hosts that a task holds, or may still hold: an attempt whose agent fell silent runs on until its orphan limit. */
export async function listHeldHosts(
  db: Database,
  unknownSince: Date,
): Promise<{ host: string; run_id: string }[]> {
  const rows = await sql<{ host: string; run_id: string }>`
    SELECT unnest(task.hosts) AS host, task.run_id FROM task
    WHERE task.state IN ('leased', 'running')
       OR (task.state = 'unknown' AND task.ended_at > ${unknownSince} AND NOT EXISTS (
             -- The agent itself said that it does not know: it has stopped what was left.
             SELECT FROM attempt WHERE attempt.task_id = task.id AND attempt.resources IS NOT NULL))
  `.execute(db);
  return rows.rows;
}

export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly busy: number;
}

/** Agents that execute Ansible and are online, the least busy first. */
export async function listExecutors(db: Database): Promise<Candidate[]> {
  const rows = await sql<Candidate>`
    SELECT agent.id, agent.name, (
      SELECT count(*)::int FROM attempt WHERE attempt.agent_id = agent.id AND attempt.state <> 'ended'
    ) AS busy
    FROM agent WHERE type = 'infra' AND status = 'online' AND 'ansible' = ANY (capabilities)
    ORDER BY busy, agent.created_at
  `.execute(db);
  return rows.rows;
}
