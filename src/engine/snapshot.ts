import type { Database, Tx } from "./schema.ts";

/** Runs the reads on one snapshot of the database, whatever is written meanwhile. `db` is no open transaction. */
export async function withSnapshot<T>(db: Database, work: (tx: Tx) => Promise<T>): Promise<T> {
  return await db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work);
}
