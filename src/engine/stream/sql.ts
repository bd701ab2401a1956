import { sql } from "kysely";
import type { HintEventBody, LiveEvent, RunEventBody } from "../../contracts/live.ts";
import type { Database, Tx } from "../schema.ts";

/** Channel on which PostgreSQL tells that a topic has new events; the payload is the topic. */
export const eventChannel = "chf_event";

/** Appends events to a topic. The topic's row is locked until commit: that is what leaves no gap in `seq`. */
export async function appendEvents(
  tx: Tx,
  topic: string,
  entry: { at: Date; bodies: readonly (RunEventBody | HintEventBody)[] },
): Promise<void> {
  const count = entry.bodies.length;
  if (count === 0) return;
  const types = entry.bodies.map((body) => body.type);
  const data = entry.bodies.map((body) => JSON.stringify(body.data));
  await sql`
    WITH counted AS (
      INSERT INTO topic (name, last_seq) VALUES (${topic}, ${count})
      ON CONFLICT (name) DO UPDATE SET last_seq = topic.last_seq + ${count}
      RETURNING last_seq
    ), told AS (SELECT pg_notify(${eventChannel}, ${topic}))
    INSERT INTO event (topic, seq, at, type, data)
    SELECT ${topic}, counted.last_seq - ${count} + body.position, ${entry.at}, body.type, body.data::json
    FROM counted, told, unnest(${types}::text[], ${data}::text[]) WITH ORDINALITY AS body (type, data, position)
  `.execute(tx);
}

/** Events of a topic after `after`, oldest first. */
export async function readEvents(
  db: Database,
  topic: string,
  from: { after: number; limit: number },
): Promise<LiveEvent[]> {
  const rows = await db
    .selectFrom("event")
    .selectAll()
    .where("topic", "=", topic)
    .where("seq", ">", from.after)
    .orderBy("seq")
    .limit(from.limit)
    .execute();
  return rows.map(
    (row) =>
      ({
        topic: row.topic,
        seq: row.seq,
        at: row.at.toISOString(),
        type: row.type,
        data: row.data,
      }) as LiveEvent,
  );
}
