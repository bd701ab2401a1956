import type { AuditRecordBody } from "../../contracts/audit.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { leafHash, sameBytes } from "../../domain/merkle/hashing.ts";
import { sha256 } from "./hash.ts";
import type { recordColumns } from "./record.ts";

type Columns = Omit<ReturnType<typeof recordColumns>, "at">;

/** A record as the database gives it back. */
export interface StoredRecord {
  readonly body: Uint8Array;
  /** The column `at` in milliseconds since 1970; with a fraction when it has microseconds. */
  readonly atMs: number;
  readonly columns: Columns;
}

/** A number of the log with its seal and its record. */
export interface StoredRow {
  readonly index: number;
  readonly arrival: number;
  readonly leaf: Uint8Array;
  /** Undefined when the record is gone. */
  readonly record: StoredRecord | undefined;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What is wrong with a record: its bytes against the seal, their form, and the columns beside them; undefined = nothing. */
export function checkRecord(leaf: Uint8Array, record: StoredRecord): string | undefined {
  if (!sameBytes(leafHash(sha256, record.body), leaf)) return "its bytes are not those that were sealed";
  const body = parseBody(record.body);
  if (body === undefined) return "its bytes are not the canonical JSON of a record";
  const column = differingColumn(body, record);
  return column === undefined ? undefined : `its column ${column} does not say what the sealed record says`;
}

function parseBody(bytes: Uint8Array): AuditRecordBody | undefined {
  try {
    const text = decoder.decode(bytes);
    const value = JSON.parse(text) as Partial<AuditRecordBody> | null;
    if (value === null || typeof value !== "object" || typeof value.actor !== "object") return undefined;
    return value.v === 1 && canonicalJson(value) === text ? (value as AuditRecordBody) : undefined;
  } catch {
    return undefined;
  }
}

/** Written out: it runs for every record of the log. */
function differingColumn(body: AuditRecordBody, { atMs, columns }: StoredRecord): string | undefined {
  if (Date.parse(body.at) !== atMs) return "at";
  if (columns.id !== body.id) return "id";
  if (columns.kind !== body.kind) return "kind";
  if (columns.actor_kind !== body.actor.kind) return "actor_kind";
  if (columns.actor_name !== body.actor.name) return "actor_name";
  if (columns.actor_id !== body.actor.id) return "actor_id";
  if (columns.request_id !== body.request_id) return "request_id";
  if (columns.plan_id !== body.plan_id) return "plan_id";
  if (columns.run_id !== body.run_id) return "run_id";
  if (columns.task_id !== body.task_id) return "task_id";
  if (columns.status !== body.status) return "status";
  return sameList(body.services, columns.services) ? undefined : "services";
}

function sameList(left: readonly string[] | null, right: readonly string[] | null): boolean {
  if (left === null || right === null) return left === right;
  return left.length === right.length && left.every((item, i) => item === right[i]);
}
