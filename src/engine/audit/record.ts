import { randomBytes } from "node:crypto";
import type { Actor } from "../../contracts/actor.ts";
import type { AuditRecordBody } from "../../contracts/audit.ts";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { JsonObject } from "../../domain/canonical-json.ts";
import { ChiffonError } from "../../domain/errors.ts";
import type { Tx } from "../schema.ts";

/** Metadata and digests fit in far less; more would be output, which does not belong into the log. */
const maxBodyBytes = 262_144;

/** What is to be recorded. `data` holds metadata and digests only: never output, never values of variables or secrets. */
export interface AuditEntry {
  readonly at: Date;
  /** `thing.verb`, for example `plan.approved`; `task.finished` ends a task and puts it into git. */
  readonly kind: string;
  readonly actor: Actor;
  readonly requestId?: string;
  readonly planId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly services?: readonly string[];
  readonly status?: string;
  readonly data: JsonObject;
}

/**
 * Writes one audit record in the caller's transaction and returns its id: no record, no effect. The record gets its
 * number and its seal from the sequencer after the commit. Throws a TypeError for data that has no canonical JSON.
 */
export async function recordAudit(tx: Tx, entry: AuditEntry): Promise<string> {
  const record = buildRecord(entry);
  const body = Buffer.from(canonicalJson(record), "utf8");
  if (body.length > maxBodyBytes) {
    throw new ChiffonError(
      "too-large",
      `The audit record ${entry.kind} has ${body.length} bytes; ${maxBodyBytes} are allowed.`,
      {
        hint: "Report this: a record holds metadata and digests only. Nothing was changed.",
      },
    );
  }
  await tx
    .insertInto("audit_record")
    .values({ ...recordColumns(record), at: entry.at, body })
    .execute();
  return record.id;
}

/** The columns that repeat parts of a record for queries; `at` as written in the record. */
export function recordColumns(record: AuditRecordBody): {
  id: string;
  at: string;
  kind: string;
  actor_kind: string;
  actor_name: string;
  actor_id: string | null;
  request_id: string | null;
  plan_id: string | null;
  run_id: string | null;
  task_id: string | null;
  services: string[] | null;
  status: string | null;
} {
  const { id, at, kind, actor, request_id, plan_id, run_id, task_id, services, status } = record;
  const who = { actor_kind: actor.kind, actor_name: actor.name, actor_id: actor.id };
  return { id, at, kind, ...who, request_id, plan_id, run_id, task_id, services, status };
}

function buildRecord(entry: AuditEntry): AuditRecordBody {
  const { at, kind, actor, services, status } = entry;
  return {
    v: 1,
    id: newRecordId(at),
    at: at.toISOString(),
    kind,
    actor: { kind: actor.kind, name: actor.name, id: actor.id },
    request_id: lower(entry.requestId),
    plan_id: lower(entry.planId),
    run_id: lower(entry.runId),
    task_id: lower(entry.taskId),
    services: services === undefined ? null : [...new Set(services)].toSorted(),
    status: status ?? null,
    // Canonical JSON, which is made next, refuses what is not JSON.
    data: entry.data as AuditRecordBody["data"],
  };
}

/** The database writes ids in lower case: the record must say the same. */
function lower(id: string | undefined): string | null {
  return id?.toLowerCase() ?? null;
}

/** UUID version 7 (RFC 9562): ids that grow with time keep the index of ids small in memory. */
function newRecordId(at: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Math.max(0, at.getTime()), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
