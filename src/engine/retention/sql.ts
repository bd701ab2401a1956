import { sql, type RawBuilder } from "kysely";
import type { Removal } from "../../contracts/run.ts";
import type { Database, Tx } from "../schema.ts";

/** Bytes that an event takes beside its data, in its row and in the indexes; measured with small ones. */
const perEvent = 190;
/** Rows that one statement deletes: a piece of output has up to 200,000 characters. */
const perPurge = 500;
/** Events of other topics than runs that one statement looks at. */
const perLook = 5_000;

/** Runs of which nothing more is to come. One of unknown end may still go on, or wait for a person's word. */
const isOver = sql`run.state IN ('succeeded', 'failed', 'cancelled')`;

/** A preview whose step a person may still have to decide about. */
const isLookedAt = sql`run.purpose = 'preview' AND EXISTS (
  SELECT FROM task JOIN run AS main ON main.id = task.run_id
  WHERE task.preview_run_id = run.id AND main.state NOT IN ('succeeded', 'failed', 'cancelled'))`;

/** Counts what the events of ended runs take, once for each. Returns for how many. */
export async function countEnded(db: Database, most: number): Promise<number> {
  const counted = await sql`
    UPDATE run SET kept_bytes = (
      SELECT coalesce(sum(pg_column_size(event.data)), 0) + count(*) * ${perEvent}
      FROM event WHERE event.topic = 'run:' || run.id::text)
    WHERE run.id IN (SELECT run.id FROM run WHERE ${isOver} AND kept_bytes IS NULL ORDER BY ended_at LIMIT ${most})
  `.execute(db);
  return Number(counted.numAffectedRows ?? 0n);
}

export interface KeptRun {
  readonly id: string;
  readonly bytes: number;
  readonly endedAt: Date;
}

/** Runs that ended before `before`, the oldest first, locked. */
export async function listExpired(tx: Tx, before: Date, most: number): Promise<KeptRun[]> {
  return await listKept(tx, sql`run.ended_at < ${before}`, most);
}

/**
 * Runs that do not fit into `bytes` beside all newer ones, the oldest first, locked. What is not over counts with the length of its
 * output.
 */
export async function listOverflow(tx: Tx, bytes: number, most: number): Promise<KeptRun[]> {
  const beyond = sql`run.id IN (
    SELECT id FROM (
      SELECT run.id, open.bytes + sum(run.kept_bytes) OVER (ORDER BY run.ended_at DESC, run.id) AS upto
      FROM run, (
        SELECT coalesce(sum(topic.output_length), 0) AS bytes
        FROM run JOIN topic ON topic.name = 'run:' || run.id::text WHERE NOT ${isOver}) AS open
      WHERE ${isOver} AND run.removed IS NULL AND run.kept_bytes IS NOT NULL
    ) AS kept WHERE upto > ${bytes})`;
  return await listKept(tx, beyond, most);
}

async function listKept(tx: Tx, due: RawBuilder<unknown>, most: number): Promise<KeptRun[]> {
  const { rows } = await sql<KeptRun>`
    SELECT run.id, run.kept_bytes AS bytes, run.ended_at AS "endedAt" FROM run
    WHERE ${isOver} AND run.removed IS NULL AND run.kept_bytes IS NOT NULL AND ${due} AND NOT (${isLookedAt})
    ORDER BY run.ended_at LIMIT ${most}
    FOR UPDATE OF run SKIP LOCKED
  `.execute(tx);
  return rows;
}

/** From the commit on nobody reads their events any more; the rows are deleted later. */
export async function markRemoved(
  tx: Tx,
  runs: readonly KeptRun[],
  word: Pick<Removal, "at" | "reason">,
): Promise<void> {
  const ids = runs.map((run) => run.id);
  const { at, reason } = word;
  await sql`
    UPDATE run SET removed =
      jsonb_build_object('at', ${at}::text, 'reason', ${reason}::text, 'bytes', kept_bytes)
    WHERE id = ANY(${ids}::uuid[])
  `.execute(tx);
  await sql`
    UPDATE topic SET removed_through = last_seq, removed = ${JSON.stringify(word)}::jsonb, purging = true
    WHERE name = ANY(${ids.map((id) => `run:${id}`)}::text[])
  `.execute(tx);
}

/** Events of the other topics are hints to look again: old ones are marked in the order of their numbers. Returns on how many topics. */
export async function markOldHints(
  db: Database,
  before: Date,
  word: Pick<Removal, "at" | "reason">,
): Promise<number> {
  const marked = await sql`
    WITH old AS (
      SELECT topic.name, (
        SELECT max(seq) FROM (
          SELECT seq, at FROM event WHERE event.topic = topic.name AND seq > topic.removed_through
          ORDER BY seq LIMIT ${perLook}) AS first
        WHERE at < ${before}) AS through
      FROM topic
      WHERE topic.name NOT LIKE 'run:%' AND topic.last_seq > topic.removed_through AND EXISTS (
        SELECT FROM event WHERE event.topic = topic.name AND seq = topic.removed_through + 1 AND at < ${before})
      LIMIT 100
    )
    UPDATE topic SET removed_through = old.through, removed = ${JSON.stringify(word)}::jsonb, purging = true
    FROM old WHERE topic.name = old.name
  `.execute(db);
  return Number(marked.numAffectedRows ?? 0n);
}

/** Deletes some of the rows that were removed by word. False when there are none. */
export async function purgeSome(db: Database): Promise<boolean> {
  const topic = await db
    .selectFrom("topic")
    .select(["name", "removed_through"])
    .where("purging", "=", true)
    .limit(1)
    .executeTakeFirst();
  if (topic === undefined) return false;
  const purged = await sql`
    DELETE FROM event WHERE topic = ${topic.name} AND seq IN (
      SELECT seq FROM event WHERE topic = ${topic.name} AND seq <= ${topic.removed_through}
      ORDER BY seq LIMIT ${perPurge})
  `.execute(db);
  if (Number(purged.numAffectedRows ?? 0n) < perPurge)
    await db
      .updateTable("topic")
      .set({ purging: false })
      .where("name", "=", topic.name)
      .where("removed_through", "=", topic.removed_through)
      .execute();
  return true;
}
