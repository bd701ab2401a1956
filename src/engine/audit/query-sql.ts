import { sql } from "kysely";
import type { RawBuilder } from "kysely";
import type { Database } from "../schema.ts";

/** Conditions that hold together; `before` is the place of the last record of the page before. */
export interface RecordFilter {
  readonly statuses?: readonly string[];
  readonly service?: string;
  readonly actor?: string;
  readonly kind?: string;
  readonly taskId?: string;
  readonly runId?: string;
  readonly since?: Date;
  readonly until?: Date;
  readonly text?: string;
  readonly before?: { readonly at: Date; readonly arrival: number };
}

export interface FoundRecord {
  readonly index: number | null;
  readonly arrival: number;
  readonly at: Date;
  readonly body: string;
}

/** Records newest first. */
export async function findRecords(db: Database, filter: RecordFilter, limit: number): Promise<FoundRecord[]> {
  const conditions = buildConditions(filter);
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
  const { rows } = await sql<{ idx: number | null; arrival: number; at: Date; body: string }>`
    SELECT o.idx, r.arrival, r.at, convert_from(r.body, 'UTF8') AS body
    FROM audit_record r LEFT JOIN audit_order o ON o.arrival = r.arrival
    WHERE ${where} ORDER BY r.at DESC, r.arrival DESC LIMIT ${limit}`.execute(db);
  return rows.map(({ idx, arrival, at, body }) => {
    return { index: idx === null ? null : Number(idx), arrival: Number(arrival), at, body };
  });
}

function buildConditions(filter: RecordFilter): RawBuilder<unknown>[] {
  const { statuses, service, actor, kind, taskId, runId, since, until, text, before } = filter;
  const list: RawBuilder<unknown>[] = [];
  if (statuses !== undefined) list.push(sql`r.status = ANY(${[...statuses]}::text[])`);
  if (service !== undefined) list.push(sql`r.services @> ARRAY[${service}]::text[]`);
  if (actor !== undefined) list.push(sql`(r.actor_name = ${actor} OR r.actor_id = ${actor})`);
  if (kind !== undefined) list.push(sql`r.kind = ${kind}`);
  if (taskId !== undefined) list.push(sql`r.task_id = ${taskId}::uuid`);
  if (runId !== undefined) list.push(sql`r.run_id = ${runId}::uuid`);
  if (since !== undefined) list.push(sql`r.at >= ${since}::timestamptz`);
  if (until !== undefined) list.push(sql`r.at <= ${until}::timestamptz`);
  // Inside the JSON text a quote or a backslash is written as an escape.
  const needle = text === undefined ? undefined : JSON.stringify(text).slice(1, -1);
  if (needle !== undefined) {
    list.push(sql`position(lower(${needle}::text) IN lower(convert_from(r.body, 'UTF8'))) > 0`);
  }
  if (before !== undefined) {
    list.push(sql`(r.at, r.arrival) < (${before.at}::timestamptz, ${before.arrival}::bigint)`);
  }
  return list;
}
