import { sql } from "kysely";
import type { Envelope } from "../../contracts/agent-protocol.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells that the outbox has something to send. */
export const outboxChannel = "chf_outbox";

/** Puts an envelope into the outbox: it is sent after the caller's transaction has committed, and again until it is taken. */
export async function publish(
  tx: Tx,
  queue: string,
  message: { envelope: Envelope; at: Date },
): Promise<void> {
  await sql`
    WITH told AS (SELECT pg_notify(${outboxChannel}, ''))
    INSERT INTO outbox (queue, envelope, available_at)
    SELECT ${queue}, ${JSON.stringify(message.envelope)}::jsonb, ${message.at} FROM told
  `.execute(tx);
}

export interface Waiting {
  readonly id: number;
  readonly queue: string;
  readonly envelope: Envelope;
  readonly tries: number;
}

/** Queues for which something is due. */
export async function listDueQueues(db: Database, now: Date): Promise<string[]> {
  const rows = await db
    .selectFrom("outbox")
    .select("queue")
    .distinct()
    .where("dead", "=", false)
    .where("available_at", "<=", now)
    .execute();
  return rows.map(({ queue }) => queue);
}

/** Takes what is due for these queues, and hides it until `hiddenUntil`: another server takes it then, if this one ends before. */
export async function takeDue(
  db: Database,
  options: { queues: readonly string[]; now: Date; hiddenUntil: Date; limit: number },
): Promise<Waiting[]> {
  const due = await sql<Waiting>`
    UPDATE outbox SET available_at = ${options.hiddenUntil}, tries = tries + 1
    WHERE id IN (
      SELECT id FROM outbox WHERE NOT dead AND available_at <= ${options.now} AND queue = ANY(${[...options.queues]}::text[])
      ORDER BY available_at, id LIMIT ${options.limit} FOR UPDATE SKIP LOCKED
    )
    RETURNING id, queue, envelope, tries
  `.execute(db);
  return due.rows.toSorted((a, b) => a.id - b.id);
}

export async function removeSent(db: Database, ids: readonly number[]): Promise<void> {
  await db.deleteFrom("outbox").where("id", "in", ids).execute();
}

export async function delay(db: Database, id: number, until: Date): Promise<void> {
  await db.updateTable("outbox").set({ available_at: until }).where("id", "=", id).execute();
}

export async function bury(db: Database, id: number, reason: string): Promise<void> {
  await db.updateTable("outbox").set({ dead: true, last_error: reason }).where("id", "=", id).execute();
}

/** False when a message with this id was handled before; the row commits with the effect. */
export async function claimMessage(tx: Tx, messageId: string, at: Date): Promise<boolean> {
  const inserted = await tx
    .insertInto("inbox")
    .values({ message_id: messageId, at })
    .onConflict((conflict) => conflict.doNothing())
    .returning("message_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Ids older than any possible repeat are forgotten, and messages that nobody could ever take. */
export async function forgetMessages(db: Database, before: Date): Promise<void> {
  await db.deleteFrom("inbox").where("at", "<", before).execute();
  await db.deleteFrom("outbox").where("dead", "=", true).where("available_at", "<", before).execute();
}
