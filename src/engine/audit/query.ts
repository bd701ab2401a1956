import type {
  AuditPage,
  AuditRecord,
  AuditRecordBody,
  Checkpoint,
  TaskRecord,
} from "../../contracts/audit.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Database } from "../schema.ts";
import { findNewestCheckpoint, listRecordsOfTasks } from "./log-sql.ts";
import { findRecords } from "./query-sql.ts";
import type { FoundRecord, RecordFilter } from "./query-sql.ts";
import { buildTaskRecord } from "./task-file.ts";

/** Most records on a page. */
const maxPage = 500;
const dayMs = 86_400_000;

/** A query of records; `status` may name several, separated by commas. Times are RFC 3339. */
export interface RecordQuery {
  readonly status?: string | undefined;
  readonly service?: string | undefined;
  readonly actor?: string | undefined;
  readonly kind?: string | undefined;
  readonly task?: string | undefined;
  readonly run?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly q?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** Records that meet every condition, newest first. */
export async function queryAudit(db: Database, query: RecordQuery): Promise<AuditPage> {
  const limit = Math.min(Math.max(1, query.limit ?? 100), maxPage);
  const found = await findRecords(db, parseFilter(query), limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = found.length > limit && last !== undefined ? `${last.at.getTime()}.${last.arrival}` : null;
  return { items: items.map(toRecord), next };
}

/** Everything that failed, or whose outcome nobody knows, in the last days. */
export async function queryFailures(
  db: Database,
  query: {
    now: Date;
    days: number;
    service?: string | undefined;
    limit?: number | undefined;
    cursor?: string | undefined;
  },
): Promise<AuditPage> {
  const { now, days, ...rest } = query;
  const since = new Date(now.getTime() - days * dayMs).toISOString();
  return queryAudit(db, { ...rest, status: "failed,unknown", since });
}

/** The record of a finished task as git has it, or will have it; undefined while the task is not finished and numbered. */
export async function findTaskRecord(db: Database, taskId: string): Promise<TaskRecord | undefined> {
  const found = await listRecordsOfTasks(db, [taskId], Number.MAX_SAFE_INTEGER);
  return buildTaskRecord(
    taskId,
    found.map(({ record }) => record),
  );
}

/** Every record about a task, oldest first (at most 500). */
export async function listTaskRecords(db: Database, taskId: string): Promise<AuditRecord[]> {
  const found = await findRecords(db, { taskId }, maxPage);
  return found.map(toRecord).toReversed();
}

export async function findCheckpointNow(db: Database): Promise<Checkpoint | undefined> {
  const row = await findNewestCheckpoint(db);
  if (row === undefined) return undefined;
  return {
    size: row.size,
    root: Buffer.from(row.root).toString("hex"),
    at: row.at.toISOString(),
    note: row.note,
  };
}

function toRecord({ body, index }: FoundRecord): AuditRecord {
  return { ...(JSON.parse(body) as AuditRecordBody), index };
}

function parseFilter(query: RecordQuery): RecordFilter {
  const { status, service, actor, kind, task, run, since, until, q, cursor } = query;
  return {
    ...(status === undefined ? {} : { statuses: status.split(",").map((item) => item.trim()) }),
    ...(service === undefined ? {} : { service }),
    ...(actor === undefined ? {} : { actor }),
    ...(kind === undefined ? {} : { kind }),
    ...(task === undefined ? {} : { taskId: task }),
    ...(run === undefined ? {} : { runId: run }),
    ...(since === undefined ? {} : { since: new Date(since) }),
    ...(until === undefined ? {} : { until: new Date(until) }),
    ...(q === undefined || q === "" ? {} : { text: q }),
    ...(cursor === undefined ? {} : { before: parseCursor(cursor) }),
  };
}

function parseCursor(cursor: string): { at: Date; arrival: number } {
  const [, at, arrival] = /^(\d{1,15})\.(\d{1,15})$/.exec(cursor) ?? [];
  if (at === undefined || arrival === undefined) {
    throw new ChiffonError("bad-input", "The cursor of the list is not one that Chiffon made.", {
      hint: "Leave the cursor out to begin with the newest records.",
    });
  }
  return { at: new Date(Number(at)), arrival: Number(arrival) };
}
