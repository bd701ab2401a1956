import type { Database } from "../schema.ts";
import { takeLock, tryLock, type LockName } from "./sql.ts";

/**
 * Does what one server at a time does; undefined when another is at it. The lock ends with this server's connection, so a server
 * that loses it in the middle may overlap with the next: the work has to be right even then.
 */
export async function alone<T>(db: Database, name: LockName, work: () => Promise<T>): Promise<T | undefined> {
  return await db.transaction().execute(async (tx) => ((await tryLock(tx, name)) ? await work() : undefined));
}

/** The same, after whoever is at it; `shared`: beside others that share it. */
export async function inTurn<T>(
  db: Database,
  { name, shared = false }: { name: LockName; shared?: boolean },
  work: () => Promise<T>,
): Promise<T> {
  return await db.transaction().execute(async (tx) => {
    await takeLock(tx, name, { shared });
    return await work();
  });
}
