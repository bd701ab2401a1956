import { createHash } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "../src/engine/schema.ts";

/** What the database holds of the output of a run. */
export interface Stored {
  readonly lines: number;
  readonly length: number;
  readonly sha256: string;
  /** Every piece begins where the one before it ends, and no event is missing. */
  readonly gapless: boolean;
}

/** Raw, base64. */
export async function readServerKey(db: Database): Promise<string> {
  const { rows } = await sql<{ key: string }>`SELECT server_key AS key FROM installation`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the server has no key yet");
  return row.key;
}

/** By run. Read whole, a topic at a time: nothing is taken from what the server counts. */
export async function countStored(db: Database): Promise<Map<string, Stored>> {
  const found = new Map<string, Stored>();
  const topics = await sql<{ name: string; last: number }>`
    SELECT name, last_seq AS last FROM topic WHERE name LIKE 'run:%' AND output_length > 0`.execute(db);
  for (const { name, last } of topics.rows) {
    const { rows } = await sql<{ seq: number; text: string | null; from: number | null }>`
      SELECT seq, data ->> 'text' AS text, output_from AS "from" FROM event WHERE topic = ${name} ORDER BY seq`.execute(
      db,
    );
    let text = "";
    let gapless = rows.length === last;
    for (const [at, row] of rows.entries()) {
      if (row.seq !== at + 1) gapless = false;
      if (row.text === null || row.from === null) continue;
      if (row.from !== text.length) gapless = false;
      text += row.text;
    }
    found.set(name.slice("run:".length), {
      lines: text.split("\n").length - 1,
      length: text.length,
      sha256: createHash("sha256").update(text).digest("hex"),
      gapless,
    });
  }
  return found;
}

/** How the agents and the running attempts stand; `oldest`: seconds since the last sign of life of the most silent agent. */
export async function countFleet(
  db: Database,
): Promise<{ online: number; wentOffline: number; lost: number; oldest: number }> {
  const { rows } = await sql<{ online: number; wentOffline: number; lost: number; oldest: number }>`
    SELECT (SELECT count(*) FROM agent WHERE status = 'online') AS online,
           (SELECT count(*) FROM audit_record WHERE kind = 'agent.offline') AS "wentOffline",
           (SELECT count(*) FROM task WHERE state <> 'running') AS lost,
           coalesce((SELECT extract(epoch FROM now() - min(last_seen_at)) FROM agent WHERE status = 'online'), 0)::float8 AS oldest
  `.execute(db);
  return rows[0] ?? { online: 0, wentOffline: 0, lost: 0, oldest: 0 };
}

const seconds = 10;
const atOnce = 40;

/** Lines a second of a client that only inserts the same pieces, many in one durable statement, into a table like that of events. */
export async function storePlainly(
  db: Database,
  like: { runs: number; lines: number; bytes: number },
): Promise<number> {
  await sql`CREATE TABLE plain_event (LIKE event INCLUDING ALL)`.execute(db);
  const lines = like.lines * 2;
  let number = 0;
  const lineOf = (): string => {
    const digest = createHash("sha1")
      .update(String((number += 1) % 997))
      .digest("hex");
    return `${digest} ${number}`.padEnd(Math.round(like.bytes) - 1, "ok: [host] => ") + "\n";
  };
  const pieces = Array.from({ length: 400 }, () => {
    const text = Array.from({ length: lines }, lineOf).join("");
    return JSON.stringify({ taskId: "", attempt: 1, offset: 0, length: text.length, text });
  });
  const began = performance.now();
  let count = 0;
  while (performance.now() - began < seconds * 1_000) {
    const batch = Array.from({ length: atOnce }, (_, at) => pieces[(count + at) % pieces.length] ?? "");
    await sql`
      INSERT INTO plain_event (topic, seq, at, type, data, output_from)
      SELECT 'run:' || (${count} + nth) % ${like.runs}, ${count} + nth, now(), 'output', data::json, nth
      FROM unnest(${batch}::text[]) WITH ORDINALITY AS piece (data, nth)
    `.execute(db);
    count += atOnce;
  }
  return (count * lines) / ((performance.now() - began) / 1_000);
}
