import { sql, type Selectable } from "kysely";
import type { HintEventBody, LiveEvent, RunEventBody } from "../../contracts/live.ts";
import type { CoreTables } from "../core-tables.ts";
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

/** Events of a topic after `after`, oldest first. Those that were removed are one event that says so. */
export async function readEvents(
  db: Database,
  topic: string,
  from: { after: number; limit: number },
): Promise<LiveEvent[]> {
  const { rows } = await sql<Selectable<CoreTables["event"]>>`
    SELECT * FROM event
    WHERE topic = ${topic} AND seq > greatest(${from.after}::bigint, (SELECT removed_through FROM topic WHERE name = ${topic}))
    ORDER BY seq LIMIT ${from.limit}
  `.execute(db);
  const events = rows.map(toLiveEvent);
  if (events[0]?.seq === from.after + 1) return events;
  const removed = await findRemoved(db, topic, from.after);
  return removed === undefined ? events : [removed, ...events.slice(0, from.limit - 1)];
}

async function findRemoved(db: Database, topic: string, after: number): Promise<LiveEvent | undefined> {
  const row = await db
    .selectFrom("topic")
    .select(["removed_through", "removed"])
    .where("name", "=", topic)
    .where("removed_through", ">", after)
    .executeTakeFirst();
  if (row?.removed == null) return undefined;
  const { removed_through: through, removed } = row;
  const { at, reason } = removed;
  return { topic, seq: through, at, type: "events.removed", data: { through, reason } };
}

function toLiveEvent(row: Selectable<CoreTables["event"]>): LiveEvent {
  const { topic, seq, at, type, data } = row;
  return { topic, seq, at: at.toISOString(), type, data } as LiveEvent;
}
