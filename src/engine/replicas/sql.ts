import { sql, type RawBuilder } from "kysely";
import type { Database, Tx } from "../schema.ts";

export interface InstallationKeys {
  readonly server_key: string;
  readonly audit_key: string;
  readonly secret_check: string;
}

/** Keeps these keys when the database has none yet; gives those that it has. */
export async function keepKeys(db: Database, keys: InstallationKeys): Promise<InstallationKeys> {
  await db
    .insertInto("installation")
    .values(keys)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return await db
    .selectFrom("installation")
    .select(["server_key", "audit_key", "secret_check"])
    .executeTakeFirstOrThrow();
}

export async function replaceKeys(db: Database, keys: InstallationKeys): Promise<void> {
  await db.updateTable("installation").set(keys).execute();
}

/** Times are the database's: the clocks of machines differ. @param name where it runs, for people */
export async function setSeen(db: Database, id: string, name: string | null = null): Promise<void> {
  await sql`
    INSERT INTO replica (id, name, seen_at) VALUES (${id}, ${name}, now())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, name = excluded.name
  `.execute(db);
}

/** Where other servers run that live; of a database of any older version too. */
export async function listOtherNames(db: Database, own: { id: string; within: number }): Promise<string[]> {
  const there = await sql<{ found: boolean }>`SELECT to_regclass('replica') IS NOT NULL AS found`.execute(db);
  if (there.rows[0]?.found !== true) return [];
  const { rows } = await sql<{ name: string }>`
    SELECT coalesce(to_jsonb(replica) ->> 'name', id::text) AS name FROM replica
    WHERE id <> ${own.id} AND seen_at > now() - ${own.within} * interval '1 millisecond' ORDER BY 1
  `.execute(db);
  return rows.map(({ name }) => name);
}

export async function removeReplica(db: Database, id: string): Promise<void> {
  await db.deleteFrom("replica").where("id", "=", id).execute();
}

/** Forgets servers that have been gone for days. */
export async function forgetReplicas(db: Database): Promise<void> {
  await sql`DELETE FROM replica WHERE seen_at < now() - interval '2 days'`.execute(db);
}

/** Servers that were seen less than so many milliseconds ago. */
export async function listAlive(db: Database, within: number): Promise<string[]> {
  const rows = await sql<{ id: string }>`
    SELECT id FROM replica WHERE seen_at > now() - ${within} * interval '1 millisecond'
  `.execute(db);
  return rows.rows.map((row) => row.id);
}

/** Whether a row is the work of none of these servers. */
export function isNobodys(alive: readonly string[]): RawBuilder<boolean> {
  return sql<boolean>`(replica IS NULL OR replica <> ALL (${[...alive]}::uuid[]))`;
}

/** Locks of jobs that one server at a time does; any numbers that no other part uses on the same database. */
const locks = {
  retention: 7_707_041,
  previews: 7_707_042,
  mending: 7_707_043,
  sharedFolder: 7_707_044,
  snapshots: 7_707_045,
} as const;
export type LockName = keyof typeof locks;

/** Takes the lock until the end of the transaction; false when another server has it. */
export async function tryLock(tx: Tx, name: LockName): Promise<boolean> {
  const rows = await sql<{ held: boolean }>`
    SELECT pg_try_advisory_xact_lock(${locks[name]}) AS held
  `.execute(tx);
  return rows.rows[0]?.held === true;
}

/** Waits for the lock; `shared`: beside others that share it. */
export async function takeLock(tx: Tx, name: LockName, { shared = false } = {}): Promise<void> {
  await (
    shared
      ? sql`SELECT pg_advisory_xact_lock_shared(${locks[name]})`
      : sql`SELECT pg_advisory_xact_lock(${locks[name]})`
  ).execute(tx);
}
