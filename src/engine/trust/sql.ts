import type { Selectable } from "kysely";
import type { Database, Tx } from "../schema.ts";
import type { TrustTables } from "./tables.ts";

export type TrustRow = Selectable<TrustTables["repository_trust"]>;

/** The last trust in a repository, whether it still counts or not. */
export async function findTrustRow(db: Database, repository: string): Promise<TrustRow | undefined> {
  return await db
    .selectFrom("repository_trust")
    .selectAll()
    .where("repository", "=", repository)
    .executeTakeFirst();
}

export async function saveTrust(tx: Tx, row: TrustRow): Promise<void> {
  const values = {
    ...row,
    files: JSON.stringify(row.files),
    trusted_by: JSON.stringify(row.trusted_by),
  };
  const { repository: _repository, ...changes } = values;
  await tx
    .insertInto("repository_trust")
    .values(values)
    .onConflict((conflict) => conflict.column("repository").doUpdateSet(changes))
    .execute();
}

/** False when nobody trusts it at the moment. */
export async function revokeTrustRow(tx: Tx, repository: string, at: Date): Promise<boolean> {
  const revoked = await tx
    .updateTable("repository_trust")
    .set({ revoked_at: at })
    .where("repository", "=", repository)
    .where("revoked_at", "is", null)
    .returning("repository")
    .executeTakeFirst();
  return revoked !== undefined;
}
