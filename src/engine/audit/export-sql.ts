import { sql } from "kysely";
import type { Database } from "../schema.ts";

export interface SealedRecord {
  readonly index: number;
  /** The RFC 8785 JSON that was hashed. */
  readonly body: string;
  /** Hexadecimal. */
  readonly leaf: string;
}

/** One numbered record; undefined when there is none, or its row is gone. */
export async function findSealed(db: Database, index: number): Promise<SealedRecord | undefined> {
  const [found] = await listSealed(db, { from: index, to: index + 1 });
  return found?.body === null || found === undefined ? undefined : { ...found, body: found.body };
}

/** The numbered records from `from` (included) to `to` (excluded); one whose row is gone comes without its body. */
export async function listSealed(
  db: Database,
  { from, to }: { from: number; to: number },
): Promise<(Omit<SealedRecord, "body"> & { readonly body: string | null })[]> {
  const { rows } = await sql<{ index: number; body: string | null; leaf: string }>`
    SELECT o.idx AS index, encode(o.leaf, 'hex') AS leaf, convert_from(r.body, 'UTF8') AS body
    FROM audit_order o LEFT JOIN audit_record r USING (arrival)
    WHERE o.idx >= ${from} AND o.idx < ${to} ORDER BY o.idx`.execute(db);
  return rows.map((row) => ({ ...row, index: Number(row.index) }));
}
