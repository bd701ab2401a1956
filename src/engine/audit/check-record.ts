import type { AuditRecordBody } from "../../contracts/audit.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import { leafHash, sameBytes } from "../../domain/merkle/hashing.ts";
import { sha256 } from "./hash.ts";

/** A record as the database gives it back. */
export interface StoredRecord {
  readonly body: Uint8Array;
  /** The column `at` in milliseconds since 1970; with a fraction when it has microseconds. */
  readonly atMs: string;
  readonly id: string;
  readonly kind: string;
  readonly actor_kind: string;
  readonly actor_name: string;
  readonly actor_id: string | null;
  readonly request_id: string | null;
  readonly plan_id: string | null;
  readonly run_id: string | null;
  readonly task_id: string | null;
  /** As JSON. */
  readonly services: string | null;
  readonly status: string | null;
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
function differingColumn(body: AuditRecordBody, stored: StoredRecord): string | undefined {
  if (Date.parse(body.at) !== Number(stored.atMs)) return "at";
  if (stored.id !== body.id) return "id";
  if (stored.kind !== body.kind) return "kind";
  if (stored.actor_kind !== body.actor.kind) return "actor_kind";
  if (stored.actor_name !== body.actor.name) return "actor_name";
  if (stored.actor_id !== body.actor.id) return "actor_id";
  if (stored.request_id !== body.request_id) return "request_id";
  if (stored.plan_id !== body.plan_id) return "plan_id";
  if (stored.run_id !== body.run_id) return "run_id";
  if (stored.task_id !== body.task_id) return "task_id";
  if (stored.status !== body.status) return "status";
  const services = body.services === null ? null : JSON.stringify(body.services);
  return stored.services === services ? undefined : "services";
}
