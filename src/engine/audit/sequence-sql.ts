import { sql } from "kysely";
import { decodeRange, encodeRange } from "../../domain/merkle/compact-range.ts";
import type { CompactRange } from "../../domain/merkle/compact-range.ts";
import type { Tx } from "../schema.ts";

/** Advisory locks of the audit log; any numbers that no other part uses on the same database. */
const locks = { sequencer: 7_707_021, projection: 7_707_022 } as const;

/** Waits for the lock, and takes it until the end of the transaction. */
export async function takeLock(tx: Tx, name: keyof typeof locks): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${locks[name]})`.execute(tx);
}

/** Takes the lock until the end of the transaction; false when another process has it. */
export async function tryLock(tx: Tx, name: keyof typeof locks): Promise<boolean> {
  const { rows } = await sql<{
    held: boolean;
  }>`SELECT pg_try_advisory_xact_lock(${locks[name]}) AS held`.execute(tx);
  return rows[0]?.held === true;
}

/** Where the sequencer stands, and the newest checkpoint, which must say the same. */
export interface SequencerState {
  readonly range: CompactRange;
  /** Every record up to this arrival has its number, or never came. */
  readonly settled: number;
  readonly checkpoint: { readonly size: number; readonly root: Uint8Array } | undefined;
}

export async function readState(tx: Tx): Promise<SequencerState> {
  const row = await tx.selectFrom("audit_state").selectAll().executeTakeFirstOrThrow();
  const last = await tx
    .selectFrom("audit_checkpoint")
    .select(["size", "root"])
    .orderBy("size", "desc")
    .limit(1)
    .executeTakeFirst();
  const checkpoint = last === undefined ? undefined : { size: Number(last.size), root: last.root };
  return { range: decodeRange(Number(row.size), row.range), settled: Number(row.settled), checkpoint };
}

/** True when every transaction with a smaller id has ended; what they committed is seen by statements after this one. */
export async function allEndedBefore(tx: Tx, xid: string): Promise<boolean> {
  const { rows } = await sql<{ reached: boolean }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot()) >= ${xid}::text::xid8 AS reached`.execute(tx);
  return rows[0]?.reached === true;
}

export interface NumberedBatch {
  /** Leaf hashes in the order of the numbers. */
  readonly leaves: readonly Uint8Array[];
  readonly lastArrival: number;
  /** Id of this transaction, drawn after the records were read. */
  readonly xid: string;
}

/** Gives the next numbers to committed records that have none. Hashing happens in the database; verify does it again. */
export async function numberRecords(
  tx: Tx,
  { size, settled, limit }: { size: number; settled: number; limit: number },
): Promise<NumberedBatch> {
  // Statistics lag behind a burst of records; without these the planner may read the whole log for each batch.
  await sql`SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_seqscan', 'off', true)`.execute(
    tx,
  );
  const { rows } = await sql<{ idx: number; arrival: number; leaf: Uint8Array }>`
    WITH fresh AS (
      SELECT r.arrival, r.body FROM audit_record r
      WHERE r.arrival > ${settled}
        AND NOT EXISTS (SELECT 1 FROM audit_order o WHERE o.arrival = r.arrival AND o.arrival > ${settled})
      ORDER BY r.arrival LIMIT ${limit}
    )
    INSERT INTO audit_order (idx, arrival, leaf)
    SELECT ${size}::bigint + row_number() OVER (ORDER BY arrival) - 1, arrival, sha256('\\x00'::bytea || body)
    FROM fresh
    RETURNING idx, arrival, leaf`.execute(tx);
  const ordered = rows.toSorted((left, right) => Number(left.idx) - Number(right.idx));
  const last = ordered.at(-1);
  if (last === undefined) return { leaves: [], lastArrival: settled, xid: "0" };
  const own = await sql<{ xid: string }>`SELECT pg_current_xact_id()::text AS xid`.execute(tx);
  const leaves = ordered.map((row) => row.leaf);
  return { leaves, lastArrival: Number(last.arrival), xid: own.rows[0]?.xid ?? "0" };
}

export async function writeState(
  tx: Tx,
  { range, settled }: { range: CompactRange; settled: number },
): Promise<void> {
  await tx
    .updateTable("audit_state")
    .set({ size: range.size, range: encodeRange(range), settled })
    .execute();
}

export async function insertCheckpoint(
  tx: Tx,
  row: { size: number; from: number; root: Uint8Array; at: Date; note: string },
): Promise<void> {
  const { from, ...rest } = row;
  await tx
    .insertInto("audit_checkpoint")
    .values({ ...rest, from_size: from })
    .execute();
}
