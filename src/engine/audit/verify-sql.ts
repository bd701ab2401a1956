import { sql } from "kysely";
import type { Database, Tx } from "../schema.ts";
import type { StoredRow } from "./check-record.ts";

const rowsPerPage = 4_000;

/** Runs the reads on one snapshot of the database, whatever is written meanwhile. */
export async function withSnapshot<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work);
}

interface Row {
  idx: number;
  arrival: number;
  leaf: Uint8Array;
  body: Uint8Array | null;
  at_ms: string;
  id: string;
  kind: string;
  actor_kind: string;
  actor_name: string;
  actor_id: string | null;
  request_id: string | null;
  plan_id: string | null;
  run_id: string | null;
  task_id: string | null;
  services: string[] | null;
  status: string | null;
}

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
    SELECT o.idx, o.arrival, o.leaf, r.body, (extract(epoch FROM r.at) * 1000)::text AS at_ms, r.id, r.kind,
      r.actor_kind, r.actor_name, r.actor_id, r.request_id, r.plan_id, r.run_id, r.task_id, r.services, r.status
    FROM audit_order o LEFT JOIN audit_record r USING (arrival)
    WHERE o.idx >= ${from} ORDER BY o.idx LIMIT ${rowsPerPage}`.execute(tx);
  return rows.map(toStoredRow);
}

function toStoredRow({ idx, arrival, leaf, body, at_ms, ...columns }: Row): StoredRow {
  const row = { index: Number(idx), arrival: Number(arrival), leaf };
  return { ...row, record: body === null ? undefined : { body, atMs: Number(at_ms), columns } };
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
