import { sql, type Selectable } from "kysely";
import type { Actor } from "../../contracts/actor.ts";
import type { DeadLetter } from "../../contracts/dead-letter.ts";
import type { Database, Tx } from "../schema.ts";
import type { BusTables } from "./tables.ts";

export type DeadLetterRow = Selectable<BusTables["dead_letter"]>;

/** More could not be read by a person. */
const maxListed = 1_000;
/** The oldest go: an agent that sends rubbish must not fill the database. */
const maxKept = 10_000;
const excerptLength = 2_000;

/** A letter that is there already has died again. */
export async function insertDeadLetter(
  tx: Tx,
  row: Pick<DeadLetterRow, "id" | "digest" | "at" | "queue" | "reason" | "problem" | "envelope" | "body">,
): Promise<void> {
  const { at, reason, problem } = row;
  await tx
    .insertInto("dead_letter")
    .values({
      ...row,
      envelope: row.envelope && JSON.stringify(row.envelope),
      replayed_at: null,
      replayed_by: null,
    })
    .onConflict((conflict) =>
      conflict.column("digest").doUpdateSet({ at, reason, problem, replayed_at: null, replayed_by: null }),
    )
    .execute();
  const oldest = tx
    .selectFrom("dead_letter")
    .select("id")
    .orderBy("at", "desc")
    .orderBy("id")
    .offset(maxKept);
  await tx.deleteFrom("dead_letter").where("id", "in", oldest).execute();
}

interface Listed extends Omit<DeadLetter, "at" | "replayedAt"> {
  readonly at: Date;
  readonly replayedAt: Date | null;
}

/** What a broker gave back, and what of the outbox was given up; newest first. */
export async function listDeadRows(db: Database): Promise<Listed[]> {
  const found = await sql<Listed>`
    SELECT id::text AS id, at, queue, reason, problem, envelope->>'type' AS type, envelope->>'from_agent' AS "from",
      left(coalesce(envelope::text, body), ${excerptLength}) AS excerpt,
      replayed_at AS "replayedAt", replayed_by->>'name' AS "replayedBy"
    FROM dead_letter
    UNION ALL
    SELECT 'outbox-' || id, available_at, queue, coalesce(last_error, ''), NULL, envelope->>'type', envelope->>'from_agent',
      left(envelope::text, ${excerptLength}), NULL, NULL
    FROM outbox WHERE dead
    ORDER BY at DESC, id LIMIT ${maxListed}
  `.execute(db);
  return found.rows;
}

export async function lockDeadLetter(tx: Tx, id: string): Promise<DeadLetterRow | undefined> {
  return await tx.selectFrom("dead_letter").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

export async function markReplayed(
  tx: Tx,
  id: string,
  { at, actor }: { at: Date; actor: Actor },
): Promise<void> {
  await tx
    .updateTable("dead_letter")
    .set({ replayed_at: at, replayed_by: JSON.stringify(actor) })
    .where("id", "=", id)
    .execute();
}

export async function deleteDeadLetter(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("dead_letter").where("id", "=", id).execute();
}

type GivenUp = Pick<DeadLetterRow, "queue" | "reason" | "envelope">;

const givenUp = sql<GivenUp>`queue, coalesce(last_error, '') AS reason, envelope`;

/** Undefined when no such message was given up. */
export async function sendAgain(tx: Tx, id: number, at: Date): Promise<GivenUp | undefined> {
  const found = await sql<GivenUp>`
    UPDATE outbox SET dead = false, tries = 0, available_at = ${at} WHERE id = ${id} AND dead RETURNING ${givenUp}
  `.execute(tx);
  return found.rows[0];
}

export async function deleteGivenUp(tx: Tx, id: number): Promise<GivenUp | undefined> {
  const found = await sql<GivenUp>`DELETE FROM outbox WHERE id = ${id} AND dead RETURNING ${givenUp}`.execute(
    tx,
  );
  return found.rows[0];
}
