import { sql, type RawBuilder } from "kysely";
import type { RunEventBody } from "../../contracts/live.ts";
import type { HostStatus } from "../../contracts/run.ts";
import type { Database, Tx } from "../schema.ts";
import { eventChannel } from "../stream/sql.ts";

export interface AttemptKey {
  readonly taskId: string;
  readonly attempt: number;
  readonly fence: number;
}

/** An attempt, as the agent names it that has it: nobody else may write into it. */
export interface OwnAttempt extends AttemptKey {
  readonly agentId: string;
}

export interface FoundAttempt extends AttemptKey {
  readonly runId: string;
  readonly agentId: string;
  readonly outputLength: number;
  readonly progressCount: number;
  /** How it ended is known: it writes nothing more. */
  readonly isOver: boolean;
}

/** Takes the run's row first, as every state change does. */
export async function lockRunOf(tx: Tx, key: AttemptKey): Promise<void> {
  await tx
    .selectFrom("run")
    .innerJoin("task", "task.run_id", "run.id")
    .select("run.id")
    .where("task.id", "=", key.taskId)
    .forUpdate("run")
    .execute();
}

/** The attempt with exactly this fence. */
export async function findAttempt(db: Database, key: AttemptKey): Promise<FoundAttempt | undefined> {
  const row = await db
    .selectFrom("attempt")
    .innerJoin("task", "task.id", "attempt.task_id")
    .select([
      "task.run_id",
      "attempt.agent_id",
      "attempt.output_length",
      "attempt.progress_count",
      "attempt.outcome",
    ])
    .where("attempt.task_id", "=", key.taskId)
    .where("attempt.number", "=", key.attempt)
    .where("attempt.fence", "=", key.fence)
    .executeTakeFirst();
  return (
    row && {
      ...key,
      runId: row.run_id,
      agentId: row.agent_id,
      outputLength: row.output_length,
      progressCount: row.progress_count,
      isOver: row.outcome !== null,
    }
  );
}

/**
 * Stores a piece of output that begins exactly where the stored output ends; false when it does not, when the attempt has
 * another fence, or when it is over. One statement, because a run sends hundreds of pieces: a round trip costs more than the work.
 */
export async function storeOutput(
  db: Database,
  key: OwnAttempt,
  piece: { at: Date; offset: number; text: string },
): Promise<boolean> {
  const { length } = piece.text;
  const data = JSON.stringify({
    taskId: key.taskId,
    attempt: key.attempt,
    offset: piece.offset,
    length,
    text: piece.text,
  });
  const result = await sql`
    WITH held AS (
      UPDATE attempt SET output_length = output_length + ${length}
      FROM task
      WHERE task.id = attempt.task_id AND ${isAttempt(key)} AND output_length = ${piece.offset}
      RETURNING task.run_id
    ), counted AS (
      INSERT INTO topic (name, last_seq, output_length) SELECT 'run:' || run_id, 1, ${length} FROM held
      ON CONFLICT (name) DO UPDATE
        SET last_seq = topic.last_seq + 1, output_length = topic.output_length + ${length}
      RETURNING name, last_seq, output_length
    ), told AS (SELECT pg_notify(${eventChannel}, name) FROM counted)
    INSERT INTO event (topic, seq, at, type, data, output_from)
    SELECT name, last_seq, ${piece.at}, 'output', ${data}::json, output_length - ${length}
    FROM counted, told
  `.execute(db);
  return result.numAffectedRows === 1n;
}

/** The attempt, as long as it may write. */
function isAttempt(key: OwnAttempt): RawBuilder<boolean> {
  return sql`attempt.task_id = ${key.taskId} AND attempt.number = ${key.attempt} AND attempt.fence = ${key.fence}
    AND attempt.agent_id = ${key.agentId} AND attempt.outcome IS NULL`;
}

export interface TaskHead {
  readonly position: number;
  readonly key: string;
  readonly name: string;
  readonly module: string;
  readonly source: string;
}

export interface Cell {
  readonly key: string;
  readonly host: string;
  readonly status: HostStatus;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly message: string | null;
}

export interface ProgressPiece {
  readonly at: Date;
  /** How much progress of the attempt is stored before this piece. */
  readonly from: number;
  readonly heads: readonly TaskHead[];
  readonly cells: readonly Cell[];
  readonly bodies: readonly RunEventBody[];
}

/**
 * Stores progress that follows exactly on what is stored; false when it does not. Events, ansibleTasks and cells of the
 * host x ansibleTask table in one statement; a start never overwrites a result.
 */
export async function storePiece(db: Database, key: OwnAttempt, piece: ProgressPiece): Promise<boolean> {
  const count = piece.bodies.length;
  const types = piece.bodies.map((body) => body.type);
  const data = piece.bodies.map((body) => JSON.stringify(body.data));
  const result = await sql`
    WITH held AS (
      UPDATE attempt SET progress_count = progress_count + ${count}
      FROM task
      WHERE task.id = attempt.task_id AND ${isAttempt(key)} AND progress_count = ${piece.from}
      RETURNING task.run_id
    ), named AS (
      INSERT INTO ansible_task (task_id, attempt, position, key, name, module, source)
      SELECT ${key.taskId}::uuid, ${key.attempt}, head.*
      FROM held, json_to_recordset(${JSON.stringify(piece.heads)}::json)
        AS head (position integer, key text, name text, module text, source text)
      ON CONFLICT DO NOTHING
    ), done AS (
      INSERT INTO host_result (task_id, attempt, key, host, status, started_at, ended_at, message)
      SELECT ${key.taskId}::uuid, ${key.attempt}, cell.key, cell.host, cell.status,
             coalesce(cell."startedAt", cell."endedAt"), cell."endedAt", cell.message
      FROM held, json_to_recordset(${JSON.stringify(piece.cells)}::json)
        AS cell (key text, host text, status text, "startedAt" timestamptz, "endedAt" timestamptz, message text)
      ON CONFLICT (task_id, attempt, key, host) DO UPDATE
        SET status = excluded.status, ended_at = excluded.ended_at, message = excluded.message
        WHERE excluded.ended_at IS NOT NULL
    ), counted AS (
      INSERT INTO topic (name, last_seq) SELECT 'run:' || run_id, ${count} FROM held
      ON CONFLICT (name) DO UPDATE SET last_seq = topic.last_seq + ${count}
      RETURNING name, last_seq
    ), told AS (SELECT pg_notify(${eventChannel}, name) FROM counted)
    INSERT INTO event (topic, seq, at, type, data)
    SELECT name, last_seq - ${count} + body.position, ${piece.at}, body.type, body.data::json
    FROM counted, told, unnest(${types}::text[], ${data}::text[]) WITH ORDINALITY AS body (type, data, position)
  `.execute(db);
  return result.numAffectedRows !== undefined && result.numAffectedRows > 0n;
}
