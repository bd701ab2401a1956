import { sql } from "kysely";
import type { HostStatus } from "../../contracts/run.ts";
import type { Tx } from "../schema.ts";

export interface AttemptKey {
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
}

export interface FoundAttempt extends AttemptKey {
  readonly runId: string;
  readonly outputLength: number;
  readonly progressCount: number;
}

/** The attempt with exactly this fence. `lock` orders its output; `lockRun` takes the run's row first, as every state change does. */
export async function findAttempt(
  tx: Tx,
  key: AttemptKey,
  options: { lock?: boolean; lockRun?: boolean } = {},
): Promise<FoundAttempt | undefined> {
  if (options.lockRun)
    await tx
      .selectFrom("run")
      .innerJoin("task", "task.run_id", "run.id")
      .select("run.id")
      .where("task.id", "=", key.taskId)
      .forUpdate("run")
      .execute();
  const query = tx
    .selectFrom("attempt")
    .innerJoin("task", "task.id", "attempt.task_id")
    .select(["task.run_id", "attempt.output_length", "attempt.progress_count"])
    .where("attempt.task_id", "=", key.taskId)
    .where("attempt.number", "=", key.attempt)
    .where("attempt.fence", "=", key.fence);
  const row = await (options.lock ? query.forUpdate("attempt") : query).executeTakeFirst();
  return (
    row && { ...key, runId: row.run_id, outputLength: row.output_length, progressCount: row.progress_count }
  );
}

export async function storeOutput(tx: Tx, key: AttemptKey, added: number): Promise<void> {
  await tx
    .updateTable("attempt")
    .set((eb) => ({ output_length: eb("output_length", "+", added) }))
    .where("task_id", "=", key.taskId)
    .where("number", "=", key.attempt)
    .execute();
}

export async function countProgress(tx: Tx, key: AttemptKey, added: number): Promise<void> {
  await tx
    .updateTable("attempt")
    .set((eb) => ({ progress_count: eb("progress_count", "+", added) }))
    .where("task_id", "=", key.taskId)
    .where("number", "=", key.attempt)
    .execute();
}

export interface TaskHead {
  readonly key: string;
  readonly name: string;
  readonly module: string;
  readonly source: string;
}

export async function storeAnsibleTasks(
  tx: Tx,
  at: { key: AttemptKey; heads: readonly { position: number; head: TaskHead }[] },
): Promise<void> {
  if (at.heads.length === 0) return;
  await tx
    .insertInto("ansible_task")
    .values(
      at.heads.map(({ position, head }) => ({
        task_id: at.key.taskId,
        attempt: at.key.attempt,
        position,
        ...head,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export interface Cell {
  readonly key: string;
  readonly host: string;
  readonly status: HostStatus;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly message: string | null;
}

/** Writes cells of the host x ansibleTask table; a start never overwrites a result. */
export async function storeCells(tx: Tx, key: AttemptKey, cells: readonly Cell[]): Promise<void> {
  if (cells.length === 0) return;
  await sql`
    INSERT INTO host_result (task_id, attempt, key, host, status, started_at, ended_at, message)
    SELECT ${key.taskId}::uuid, ${key.attempt}, cell.key, cell.host, cell.status,
           coalesce(cell."startedAt", cell."endedAt"), cell."endedAt", cell.message
    FROM json_to_recordset(${JSON.stringify(cells)}::json)
      AS cell (key text, host text, status text, "startedAt" timestamptz, "endedAt" timestamptz, message text)
    ON CONFLICT (task_id, attempt, key, host) DO UPDATE
      SET status = excluded.status, ended_at = excluded.ended_at, message = excluded.message
      WHERE excluded.ended_at IS NOT NULL
  `.execute(tx);
}
