import { z } from "zod";
import { Id, Instant, Outcome, Priority, Sha256 } from "./vocabulary.ts";

export const RunState = z.enum([
  "queued",
  "running",
  "paused",
  "succeeded",
  "failed",
  "cancelled",
  "unknown",
]);
export type RunState = z.infer<typeof RunState>;

export const TaskState = z.enum([
  "pending",
  "ready",
  "leased",
  "running",
  "succeeded",
  "failed",
  "cancelled",
  "unknown",
  "skipped",
]);
export type TaskState = z.infer<typeof TaskState>;

/** What an attempt used; null where it was not measured. */
export const ResourcesUsed = z.object({
  cpu_time_ms: z.number().nullable(),
  wall_ms: z.number().nullable(),
  memory_peak_mb: z.number().nullable(),
  gpu_vram_mb: z.number().nullable(),
  bytes_out: z.number().nullable(),
});
export type ResourcesUsed = z.infer<typeof ResourcesUsed>;

/** Ansible's own counts for one host at the end of a playbook. */
export const HostRecap = z.object({
  ok: z.int(),
  changed: z.int(),
  failed: z.int(),
  unreachable: z.int(),
  skipped: z.int(),
  rescued: z.int(),
  ignored: z.int(),
});
export type HostRecap = z.infer<typeof HostRecap>;

/** Error code of the agent protocol (5001..5999) with a sentence for people. */
export const AgentError = z.object({ code: z.int().min(5001).max(5999), message: z.string() });
export type AgentError = z.infer<typeof AgentError>;

export const Attempt = z.object({
  number: z.int(),
  fence: z.int(),
  agentId: Id,
  state: z.enum(["leased", "running", "ended"]),
  outcome: Outcome.nullable(),
  exitCode: z.int().nullable(),
  error: AgentError.nullable(),
  recap: z.record(z.string(), HostRecap).nullable(),
  resources: ResourcesUsed.nullable(),
  leasedAt: Instant,
  /** The start record: committed before anything is spawned. */
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});
export type Attempt = z.infer<typeof Attempt>;

export const Task = z
  .object({
    id: Id,
    runId: Id,
    planId: Id,
    step: z.int(),
    state: TaskState,
    /** Why it waits, or how it ended, for a person. */
    reason: z.string().nullable(),
    name: z.string(),
    hosts: z.array(z.string()),
    after: z.array(z.int()),
    attempts: z.array(Attempt),
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
  })
  .meta({ id: "Task" });
export type Task = z.infer<typeof Task>;

export const Run = z
  .object({
    id: Id,
    planId: Id,
    planHash: Sha256,
    requestText: z.string(),
    state: RunState,
    reason: z.string().nullable(),
    priority: Priority,
    tasks: z.array(Task),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    /** Sequence number of the newest event of this run's topic. */
    lastSeq: z.int(),
  })
  .meta({ id: "Run" });
export type Run = z.infer<typeof Run>;

export const RunSummary = Run.omit({ tasks: true });
export type RunSummary = z.infer<typeof RunSummary>;

export const HostStatus = z.enum(["running", "ok", "changed", "failed", "ignored", "skipped", "unreachable"]);
export type HostStatus = z.infer<typeof HostStatus>;

/** One cell of the host x ansibleTask table. A cell that is `running` counts its time from `startedAt`. */
export const HostResult = z
  .object({
    taskId: Id,
    attempt: z.int(),
    /** Identifies the ansibleTask inside the attempt. */
    key: z.string(),
    name: z.string(),
    /** `path:line` inside the project. */
    source: z.string(),
    module: z.string(),
    host: z.string(),
    status: HostStatus,
    startedAt: Instant,
    endedAt: Instant.nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: "HostResult" });
export type HostResult = z.infer<typeof HostResult>;
