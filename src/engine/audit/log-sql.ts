import { sql } from "kysely";
import type { AuditRecordBody } from "../../contracts/audit.ts";
import type { Database, Tx } from "../schema.ts";
import { taskFinishedKind } from "./task-file.ts";
import type { NumberedRecord } from "./task-file.ts";

/** A checkpoint as stored; it sealed the records `from` to `size` - 1. */
export interface CheckpointRow {
  readonly size: number;
  readonly from: number;
  readonly at: Date;
  readonly root: Uint8Array;
  readonly note: string;
}

/** The checkpoints after `after` (a size), oldest first. */
export async function listCheckpoints(
  db: Database | Tx,
  { after, limit }: { after: number; limit: number },
): Promise<CheckpointRow[]> {
  const rows = await db
    .selectFrom("audit_checkpoint")
    .selectAll()
    .where("size", ">", after)
    .orderBy("size")
    .limit(limit)
    .execute();
  return rows.map(toCheckpoint);
}

export async function findNewestCheckpoint(db: Database | Tx): Promise<CheckpointRow | undefined> {
  const row = await db
    .selectFrom("audit_checkpoint")
    .selectAll()
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : toCheckpoint(row);
}

export async function findCheckpoint(db: Database | Tx, size: number): Promise<CheckpointRow | undefined> {
  const row = await db.selectFrom("audit_checkpoint").selectAll().where("size", "=", size).executeTakeFirst();
  return row === undefined ? undefined : toCheckpoint(row);
}

function toCheckpoint(row: {
  size: string | number | bigint;
  from_size: string | number | bigint;
  at: Date;
  root: Uint8Array;
  note: string;
}): CheckpointRow {
  return { size: Number(row.size), from: Number(row.from_size), at: row.at, root: row.root, note: row.note };
}

/** Leaf hashes (hex) of the records from `from` (included) to `to` (excluded). */
export async function listLeaves(db: Database | Tx, from: number, to: number): Promise<string[]> {
  const { rows } = await sql<{ leaf: string }>`
    SELECT encode(leaf, 'hex') AS leaf FROM audit_order WHERE idx >= ${from} AND idx < ${to} ORDER BY idx`.execute(
    db,
  );
  return rows.map((row) => row.leaf);
}

/** Records in that range that end a task. */
export async function listTaskEnds(
  db: Database | Tx,
  from: number,
  to: number,
): Promise<{ index: number; taskId: string }[]> {
  const { rows } = await sql<{ idx: number; task_id: string }>`
    SELECT o.idx, r.task_id::text AS task_id FROM audit_order o JOIN audit_record r USING (arrival)
    WHERE o.idx >= ${from} AND o.idx < ${to} AND r.kind = ${taskFinishedKind} AND r.task_id IS NOT NULL
    ORDER BY o.idx`.execute(db);
  return rows.map((row) => ({ index: Number(row.idx), taskId: row.task_id }));
}

/** Every numbered record below `to` about these tasks, by number. */
export async function listRecordsOfTasks(
  db: Database | Tx,
  taskIds: readonly string[],
  to: number,
): Promise<{ taskId: string; record: NumberedRecord }[]> {
  if (taskIds.length === 0) return [];
  const { rows } = await sql<{ idx: number; leaf: string; task_id: string; body: string }>`
    SELECT o.idx, encode(o.leaf, 'hex') AS leaf, r.task_id::text AS task_id, convert_from(r.body, 'UTF8') AS body
    FROM audit_record r JOIN audit_order o USING (arrival)
    WHERE r.task_id = ANY(${[...taskIds]}::uuid[]) AND o.idx < ${to} ORDER BY o.idx`.execute(db);
  return rows.map(({ idx, leaf, task_id, body }) => ({
    taskId: task_id,
    // Written by `recordAudit`, and sealed: trusted as typed.
    record: { index: Number(idx), leaf, body: JSON.parse(body) as AuditRecordBody },
  }));
}
