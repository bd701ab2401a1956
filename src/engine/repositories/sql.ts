import { sql, type Selectable } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { CoreDeps } from "../core-deps.ts";
import { setPlanState } from "../plan/state.ts";
import type { Database, Tx } from "../schema.ts";
import type { RepositoryTables } from "./tables.ts";

/** Channel on which PostgreSQL tells every server that repositories have come, gone or moved on. */
export const repositoriesChannel = "chf_repositories";

async function tellServers(tx: Tx): Promise<void> {
  await sql`SELECT pg_notify(${repositoriesChannel}, '')`.execute(tx);
}

export type RepositoryRow = Selectable<RepositoryTables["repository"]>;

export async function listRepositoryRows(db: Database): Promise<RepositoryRow[]> {
  return await db.selectFrom("repository").selectAll().orderBy("added_at").orderBy("name").execute();
}

export async function insertRepository(tx: Tx, row: RepositoryRow): Promise<void> {
  await tx
    .insertInto("repository")
    .values({ ...row, added_by: JSON.stringify(row.added_by) })
    .execute();
  await tellServers(tx);
}

/** Points a repository to another checkout. False when it is not there any more. */
export async function moveCheckout(
  tx: Tx,
  name: string,
  to: { commit: string; checkout: string },
): Promise<boolean> {
  const moved = await tx
    .updateTable("repository")
    .set(to)
    .where("name", "=", name)
    .where("source", "=", "git")
    .returning("name")
    .executeTakeFirst();
  await tellServers(tx);
  return moved !== undefined;
}

export async function removeRepositoryRow(tx: Tx, name: string): Promise<boolean> {
  const removed = await tx
    .deleteFrom("repository")
    .where("name", "=", name)
    .returning("name")
    .executeTakeFirst();
  await tellServers(tx);
  return removed !== undefined;
}

/** Plans that nobody has decided about and that use this repository can never be approved: says so. Gives how many. */
export async function makePlansStale(
  deps: Pick<CoreDeps, "clock">,
  tx: Tx,
  change: { repository: string; reason: string; actor: Actor },
): Promise<number> {
  const open = await sql<{ id: string; state: "draft" | "proposed" }>`
    SELECT id, state FROM plan
    WHERE state IN ('draft', 'proposed')
      AND EXISTS (
        SELECT 1 FROM jsonb_array_elements(plan.document -> 'steps') AS step
        WHERE step -> 'unit' ->> 'repository' = ${change.repository}
      )
    ORDER BY id
  `.execute(tx);
  for (const { id, state } of open.rows)
    await setPlanState(deps, tx, {
      planId: id,
      from: state,
      to: "stale",
      reason: change.reason,
      actor: change.actor,
    });
  return open.rows.length;
}
