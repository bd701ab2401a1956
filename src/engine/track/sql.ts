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

/** A piece of output of an attempt. `offset` counts what was written before it, in UTF-16 units. */
export interface OutputPiece extends OwnAttempt {
  readonly offset: number;
  readonly text: string;
}

/**
 * Stores pieces of output, each if it begins exactly where the stored output of its attempt ends; false for one that does not, whose
 * attempt has another fence, or is over. One statement for pieces of many runs: a round trip and a commit cost more than the work.
 * Of an attempt it stores one piece at most.
 */
export async function storeOutputs(
  db: Database,
  at: Date,
  pieces: readonly OutputPiece[],
): Promise<boolean[]> {
  const data = pieces.map(({ taskId, attempt, offset, text }) =>
    JSON.stringify({ taskId, attempt, offset, length: text.length, text }),
  );
  // Topics are locked in one order, so that two servers never wait for each other crosswise.
  const { rows } = await sql<{ nth: number }>`
    WITH piece AS (
      SELECT * FROM unnest(
        ${pieces.map((each) => each.taskId)}::uuid[], ${pieces.map((each) => each.attempt)}::integer[],
        ${pieces.map((each) => each.fence)}::bigint[], ${pieces.map((each) => each.agentId)}::text[],
        ${pieces.map((each) => each.offset)}::bigint[], ${pieces.map((each) => each.text.length)}::integer[],
        ${data}::text[]
      ) WITH ORDINALITY AS piece (task_id, number, fence, agent_id, start, length, data, nth)
    ), held AS (
      UPDATE attempt SET output_length = attempt.output_length + piece.length
      FROM piece JOIN task ON task.id = piece.task_id
      WHERE attempt.task_id = piece.task_id AND attempt.number = piece.number AND attempt.fence = piece.fence
        AND attempt.agent_id::text = piece.agent_id AND attempt.outcome IS NULL AND attempt.output_length = piece.start
      RETURNING piece.nth, piece.length, piece.data, 'run:' || task.run_id AS topic
    ), counted AS (
      INSERT INTO topic (name, last_seq, output_length)
      SELECT topic, count(*), sum(length) FROM held GROUP BY topic ORDER BY topic
      ON CONFLICT (name) DO UPDATE SET last_seq = topic.last_seq + excluded.last_seq,
        output_length = topic.output_length + excluded.output_length
      RETURNING name, last_seq, output_length
    ), stored AS (
      INSERT INTO event (topic, seq, at, type, data, output_from)
      SELECT topic, last_seq + 1 - count(*) OVER rest, ${at}, 'output', data::json, output_length - sum(length) OVER rest
      FROM held JOIN counted ON counted.name = held.topic
      WINDOW rest AS (PARTITION BY topic ORDER BY nth DESC)
    )
    SELECT nth, pg_notify(${eventChannel}, topic) FROM held
  `.execute(db);
  const stored = new Set(rows.map(({ nth }) => nth));
  return pieces.map((_each, index) => stored.has(index + 1));
}

/** An agent says that it still holds an attempt. */
export interface Renewal extends OwnAttempt {
  readonly messageId: string;
}

/**
 * Renews leases of attempts that run and that nobody wants to stop; false for all others, and for those whose run somebody else is
 * changing at the moment. It does what the reducer does of `renewed` for these: nothing but a later end of the lease. The note that
 * the message was handled commits with it.
 */
export async function renewLeases(
  db: Database,
  words: readonly Renewal[],
  { at, until }: { at: Date; until: Date },
): Promise<boolean[]> {
  const { rows } = await sql<{ nth: number }>`
    WITH word AS (
      SELECT * FROM unnest(
        ${words.map((each) => each.messageId)}::uuid[], ${words.map((each) => each.taskId)}::uuid[],
        ${words.map((each) => each.attempt)}::integer[], ${words.map((each) => each.fence)}::bigint[],
        ${words.map((each) => each.agentId)}::text[]
      ) WITH ORDINALITY AS word (message_id, task_id, number, fence, agent_id, nth)
    ), held AS MATERIALIZED (
      -- With the run locked, as every change of it.
      SELECT word.nth, word.message_id, word.task_id, word.number FROM word
      JOIN attempt ON attempt.task_id = word.task_id AND attempt.number = word.number AND attempt.fence = word.fence
        AND attempt.agent_id::text = word.agent_id
      JOIN task ON task.id = word.task_id JOIN run ON run.id = task.run_id
      WHERE attempt.state = 'running' AND task.state = 'running' AND task.cancel IS NULL AND NOT run.cancel_requested
      FOR NO KEY UPDATE OF run SKIP LOCKED
    ), noted AS (
      INSERT INTO inbox (message_id, at) SELECT DISTINCT message_id, ${at}::timestamptz FROM held
      ON CONFLICT DO NOTHING RETURNING message_id
    )
    UPDATE attempt SET lease_until = ${until}
    FROM held JOIN noted ON noted.message_id = held.message_id
    WHERE attempt.task_id = held.task_id AND attempt.number = held.number AND attempt.state = 'running'
    RETURNING held.nth
  `.execute(db);
  const renewed = new Set(rows.map(({ nth }) => nth));
  return words.map((_each, index) => renewed.has(index + 1));
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
