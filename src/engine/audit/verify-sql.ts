import { sql } from "kysely";
import type { Tx } from "../schema.ts";
import type { StoredRecord, StoredRow } from "./check-record.ts";

const rowsPerPage = 4_000;

type Row = Omit<StoredRecord, "body"> & {
  readonly index: number;
  readonly arrival: number;
  readonly leaf: Uint8Array;
  readonly body: Uint8Array | null;
};

/** The numbered records in pages, by number; a number whose record is gone comes without it. */
export async function* readLog(tx: Tx): AsyncGenerator<StoredRow[]> {
  // Begins below 0 to meet also numbers that the sequencer never gives.
  let page = readPage(tx, Number.MIN_SAFE_INTEGER);
  try {
    for (;;) {
      const rows = await page;
      const last = rows.at(-1);
      if (last === undefined) return;
      // The database reads the next page while this one is checked.
      page = readPage(tx, last.index + 1);
      page.catch(() => undefined);
      yield rows;
    }
  } finally {
    await page.catch(() => undefined);
  }
}

async function readPage(tx: Tx, from: number): Promise<StoredRow[]> {
  const { rows } = await sql<Row>`
    SELECT o.idx AS index, o.arrival, o.leaf, r.body, (extract(epoch FROM r.at) * 1000)::text AS "atMs", r.id, r.kind,
      r.actor_kind, r.actor_name, r.actor_id, r.request_id, r.plan_id, r.run_id, r.task_id, r.status,
      array_to_json(r.services)::text AS services
    FROM audit_order o LEFT JOIN audit_record r USING (arrival)
    WHERE o.idx >= ${from} ORDER BY o.idx LIMIT ${rowsPerPage}`.execute(tx);
  return rows.map(toStoredRow);
}

/** The row itself serves as the record: copying every column of every record would be felt. */
function toStoredRow(row: Row): StoredRow {
  const record = row.body === null ? undefined : (row as StoredRecord);
  return { index: Number(row.index), arrival: Number(row.arrival), leaf: row.leaf, record };
}

/** Records without a number: those still to come, and the first of those that the sequencer can no longer meet. */
export async function countUnnumbered(tx: Tx): Promise<{ pending: number; lost: string | undefined }> {
  const { rows } = await sql<{ pending: string; lost: string | null }>`
    SELECT count(*) FILTER (WHERE r.arrival > s.settled)::text AS pending,
      min(r.id::text) FILTER (WHERE r.arrival <= s.settled) AS lost
    FROM audit_record r CROSS JOIN audit_state s
    WHERE NOT EXISTS (SELECT 1 FROM audit_order o WHERE o.arrival = r.arrival)`.execute(tx);
  const [row] = rows;
  return { pending: Number(row?.pending ?? 0), lost: row?.lost ?? undefined };
}

export async function readStateSize(tx: Tx): Promise<number> {
  const row = await tx.selectFrom("audit_state").select("size").executeTakeFirstOrThrow();
  return Number(row.size);
}

/** Number under which a leaf hash was sealed. */
export async function findNumberOfLeaf(tx: Tx, leaf: Uint8Array): Promise<number | undefined> {
  const row = await tx
    .selectFrom("audit_order")
    .select("idx")
    .where("leaf", "=", leaf)
    .orderBy("idx")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : Number(row.idx);
}
