import type { Selectable, Updateable } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { Database, Tx } from "../schema.ts";
import type { SecretTables } from "./tables.ts";

export type SecretRow = Selectable<SecretTables["secret"]>;

/** A row with a value. */
export type HeldSecretRow = SecretRow & {
  key_id: string;
  nonce: Uint8Array;
  sealed: Uint8Array;
  digest: string;
};

/** By name; only those that have a value, and of these only `names` when given. */
export async function listHeldSecrets(
  db: Database | Tx,
  names?: readonly string[],
): Promise<HeldSecretRow[]> {
  let query = db.selectFrom("secret").selectAll().where("sealed", "is not", null);
  if (names !== undefined) query = query.where("name", "in", names.length === 0 ? [""] : names);
  const rows = await query.orderBy("name").execute();
  return rows.filter(isHeld);
}

/** Whether a row has a value; the table holds all four columns or none. */
export function isHeld(row: SecretRow): row is HeldSecretRow {
  return row.key_id !== null && row.nonce !== null && row.sealed !== null && row.digest !== null;
}

/** The row, locked until the transaction ends. */
export async function findLockedSecret(tx: Tx, name: string): Promise<SecretRow | undefined> {
  return tx.selectFrom("secret").selectAll().where("name", "=", name).forUpdate().executeTakeFirst();
}

/** Makes sure that there is a row to lock; version 0 is nobody's. */
export async function insertPlaceholder(
  tx: Tx,
  made: { name: string; actor: Actor; at: Date },
): Promise<void> {
  const { name, actor, at } = made;
  await tx
    .insertInto("secret")
    .values({ name, version: 0, origin: "set", changed_by: JSON.stringify(actor), changed_at: at })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
}

export async function updateSecret(
  tx: Tx,
  name: string,
  change: Updateable<SecretTables["secret"]>,
): Promise<void> {
  await tx.updateTable("secret").set(change).where("name", "=", name).execute();
}
