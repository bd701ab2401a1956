import { z } from "zod";
import { Actor } from "./actor.ts";
import { Id, Instant, Sha256 } from "./vocabulary.ts";

/** Any JSON object. */
const JsonRecord = z.record(z.string(), z.json());

/**
 * One entry of the append-only log, as its bytes are hashed: the RFC 8785 JSON of exactly these fields. Metadata and
 * digests only: never output of a program, never a value of a variable or secret.
 */
export const AuditRecordBody = z.object({
  /** Version of this shape. */
  v: z.literal(1),
  id: Id,
  at: Instant,
  /** What happened, as `thing.verb`: `request.created`, `plan.approved`, `task.finished`, … */
  kind: z.string().regex(/^[a-z][a-z_-]*(\.[a-z][a-z_-]*)+$/),
  actor: Actor,
  request_id: Id.nullable(),
  plan_id: Id.nullable(),
  run_id: Id.nullable(),
  task_id: Id.nullable(),
  /** Names of the services touched, sorted; null where it does not apply. */
  services: z.array(z.string()).nullable(),
  /** Outcome or new state, where the record is about one: `succeeded`, `failed`, `unknown`, … */
  status: z.string().nullable(),
  data: JsonRecord,
});
export type AuditRecordBody = z.infer<typeof AuditRecordBody>;

/** An audit record with its place in the log. */
export const AuditRecord = AuditRecordBody.extend({
  /** Number in the log, from 0; null for the second or so until the sequencer has numbered it. */
  index: z.int().nullable(),
}).meta({ id: "AuditRecord" });
export type AuditRecord = z.infer<typeof AuditRecord>;

/** `data` of a record of kind `task.finished`, the end of a task; unknown fields are kept, missing ones are null. */
export const TaskFinishedData = z.object({
  plan_hash: Sha256.nullable(),
  /** Id or name of the agent that executed it. */
  agent: z.string().nullable(),
  started_at: Instant.nullable(),
  finished_at: Instant.nullable(),
  /** Numbers only, as measured: CPU, wall time, memory. */
  resources: JsonRecord.nullable(),
});
export type TaskFinishedData = z.infer<typeof TaskFinishedData>;

/** What the git projection holds of a finished task: `.audit/tasks/{first two digits}/{task_id}.json`. */
export const TaskRecord = z
  .object({
    v: z.literal(1),
    task_id: Id,
    request_id: Id.nullable(),
    plan_id: Id.nullable(),
    plan_hash: z.string().nullable(),
    run_id: Id.nullable(),
    status: z.string().nullable(),
    services: z.array(z.string()),
    agent: z.string().nullable(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    resources: JsonRecord.nullable(),
    /** Every record about the task up to that checkpoint, by number. */
    records: z.array(
      z.object({ index: z.int(), id: Id, kind: z.string(), at: Instant, leaf: Sha256, actor: z.string() }),
    ),
  })
  .meta({ id: "TaskRecord" });
export type TaskRecord = z.infer<typeof TaskRecord>;

/** Signed size and root of the log. */
export const Checkpoint = z
  .object({
    size: z.int(),
    /** Root of the RFC 6962 tree over the records 0 to size - 1. */
    root: Sha256,
    at: Instant,
    /** The signed text (C2SP checkpoint). Keep it somewhere else: it proves later that nothing before it changed. */
    note: z.string(),
  })
  .meta({ id: "Checkpoint" });
export type Checkpoint = z.infer<typeof Checkpoint>;

/**
 * That one record is in the log of one checkpoint. Whoever has the checkpoint needs nothing else: SHA-256(0x00, body) is the leaf,
 * and with the hashes of the proof it leads to the root (RFC 6962 section 2.1.1).
 */
export const InclusionProof = z
  .object({
    index: z.int(),
    /** The RFC 8785 JSON of the record, character for character as it was hashed (UTF-8). */
    body: z.string(),
    leaf: Sha256,
    /** The hashes beside the way from the leaf to the root, the lowest first. */
    proof: z.array(Sha256),
    checkpoint: Checkpoint,
  })
  .meta({ id: "InclusionProof" });
export type InclusionProof = z.infer<typeof InclusionProof>;

/**
 * One line of `GET /audit/export`. `log` is the first and says what it is: the key of the checkpoints (`name+hash+key`) and how many
 * records there are. `record` comes in order, `checkpoint` right after the last record that it seals. `lost`: a record that was
 * sealed and is gone. `end` is the last; without it the file is not whole.
 */
export const AuditExportLine = z
  .discriminatedUnion("type", [
    z.object({ type: z.literal("log"), v: z.literal(1), key: z.string(), size: z.int() }),
    z.object({ type: z.literal("record"), index: z.int(), body: z.string() }),
    z.object({ type: z.literal("lost"), index: z.int(), leaf: Sha256 }),
    Checkpoint.extend({ type: z.literal("checkpoint") }),
    z.object({ type: z.literal("end"), records: z.int(), checkpoints: z.int() }),
  ])
  .meta({ id: "AuditExportLine" });
export type AuditExportLine = z.infer<typeof AuditExportLine>;

/** Query of `GET /audit/query`; all given conditions hold together. */
export const AuditQuery = z.object({
  /** One status, or several with commas: `failed,unknown`. */
  status: z.string().max(200).optional(),
  service: z.string().max(200).optional(),
  /** Name or id of the actor. */
  actor: z.string().max(200).optional(),
  kind: z.string().max(100).optional(),
  task: Id.optional(),
  run: Id.optional(),
  since: Instant.optional(),
  until: Instant.optional(),
  /** Text that occurs anywhere in the record, whatever the case. */
  q: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(100).optional(),
});
export type AuditQuery = z.infer<typeof AuditQuery>;

/** Records newest first; `next` is the cursor of the following page. */
export const AuditPage = z
  .object({ items: z.array(AuditRecord), next: z.string().nullable() })
  .meta({ id: "AuditPage" });
export type AuditPage = z.infer<typeof AuditPage>;

/**
 * What is wrong with the log, in the order of how sure the place is.
 * `changed`: a record's bytes, columns or number are not what was sealed; `missing`: a record is gone; `added`: one that
 * was never sealed here; `reordered`: the same records in another order; `truncated`: the end is gone; `bad-signature`: a
 * checkpoint that our key did not sign; `checkpoint-changed`: a checkpoint's row contradicts its signed text or is gone;
 * `root-differs`: some record in a range changed and no second copy tells which; `git-differs`: the log is whole, the
 * git projection says something else; `output-differs`: the log is whole, and a stored output is not the one whose digest a
 * record has.
 */
export const AuditFinding = z.object({
  kind: z.enum([
    "changed",
    "missing",
    "added",
    "reordered",
    "truncated",
    "bad-signature",
    "checkpoint-changed",
    "root-differs",
    "git-differs",
    "output-differs",
  ]),
  /** First record concerned, by number. */
  index: z.int().optional(),
  /** Last record concerned, where it is a range. */
  last_index: z.int().optional(),
  record_id: z.string().optional(),
  /** Size of the checkpoint concerned. */
  checkpoint: z.int().optional(),
  /** What differs from what, for a person. */
  message: z.string(),
});
export type AuditFinding = z.infer<typeof AuditFinding>;

/** Answer of a verification of the whole log. */
export const AuditVerifyResult = z
  .discriminatedUnion("ok", [
    z.object({
      ok: z.literal(true),
      /** Records verified. */
      size: z.int(),
      /** Root over all of them. */
      root: Sha256,
      checkpoints: z.int(),
      /** Records written but not yet numbered; they are covered by the next checkpoint. */
      pending: z.int(),
      /** Newest commit of the git projection, compared file by file. */
      gitCommit: z.string().optional(),
      /** Size of the checkpoint in that commit; smaller than `size` while the projection catches up. */
      gitSize: z.int().optional(),
      /** Stored outputs that are what their agents signed; those that were removed after their time are not looked at. */
      outputs: z.int().optional(),
    }),
    z.object({ ok: z.literal(false), finding: AuditFinding }),
  ])
  .meta({ id: "AuditVerifyResult" });
export type AuditVerifyResult = z.infer<typeof AuditVerifyResult>;
