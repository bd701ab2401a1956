import { sql, type Selectable } from "kysely";
import type { WishKey } from "../../understand/learned.ts";
import type { Database, Tx } from "../schema.ts";
import type { LearnTables } from "./tables.ts";

export type AliasRow = Selectable<LearnTables["learned_alias"]>;

/** More could not be read by a person, and nobody confirms so many. */
const maxListed = 1_000;

export async function listAliasRows(db: Database): Promise<AliasRow[]> {
  return await db
    .selectFrom("learned_alias")
    .selectAll()
    .orderBy("confirmed_at", "desc")
    .orderBy("id")
    .limit(maxListed)
    .execute();
}

/** The learned ones among these wishes; those that are only counted are left out. */
export async function findLearnedRows(db: Database, keys: readonly WishKey[]): Promise<AliasRow[]> {
  if (keys.length === 0) return [];
  return await db
    .selectFrom("learned_alias")
    .selectAll()
    .where("learned_at", "is not", null)
    .where((eb) => eb.or(keys.map((key) => eb.and([eb("words", "=", key.words), eb("verb", "=", key.verb)]))))
    .execute();
}

/** The row of these words, locked; one that was not there is made, and `fresh`. */
export async function lockAlias(tx: Tx, row: AliasRow): Promise<{ before: AliasRow; fresh: boolean }> {
  const made = await tx
    .insertInto("learned_alias")
    .values({ ...row, confirmed_by: JSON.stringify(row.confirmed_by) })
    .onConflict((conflict) => conflict.columns(["words", "verb"]).doNothing())
    .returning("id")
    .executeTakeFirst();
  const before = await tx
    .selectFrom("learned_alias")
    .selectAll()
    .where("words", "=", row.words)
    .where("verb", "=", row.verb)
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { before, fresh: made !== undefined };
}

export async function updateAlias(tx: Tx, { id, ...row }: AliasRow): Promise<void> {
  await tx
    .updateTable("learned_alias")
    .set({ ...row, confirmed_by: JSON.stringify(row.confirmed_by) })
    .where("id", "=", id)
    .execute();
}

export async function deleteAlias(tx: Tx, id: string): Promise<AliasRow | undefined> {
  return await tx.deleteFrom("learned_alias").where("id", "=", id).returningAll().executeTakeFirst();
}

/** Ids that begin with this text, at most two. */
export async function findAliasIds(db: Database, beginning: string): Promise<string[]> {
  const found = await sql<{ id: string }>`
    SELECT id FROM learned_alias WHERE id::text LIKE ${`${beginning}%`} ORDER BY id LIMIT 2
  `.execute(db);
  return found.rows.map((row) => row.id);
}
