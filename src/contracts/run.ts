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

/** `change`: executes an approved plan. `preview`: shows in check mode what one of its steps would change. */
export const RunPurpose = z.enum(["change", "preview"]);
export type RunPurpose = z.infer<typeof RunPurpose>;

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

/** A step before which the run stops until a person has approved it a second time. */
export const RunStop = z.object({
  /** Index of the step. */
  step: z.int(),
  /** `ahead`: the run has not come there yet. `waiting`: it has, and a person decides. `approved`: the step may run. */
  state: z.enum(["ahead", "waiting", "approved"]),
  /** The run that previews the step; null until the stop is reached. */
  previewRunId: Id.nullable(),
  /** What the second approval is bound to: plan, step and the result of its preview. It changes until the preview has ended. */
  hash: Sha256,
});
export type RunStop = z.infer<typeof RunStop>;

/** That output and events of a run were removed after their time. Its record, its tasks and its results per host stay. */
export const Removal = z.object({
  at: Instant,
  /** For a person: "removed after 90 days on 2027-02-20". */
  reason: z.string(),
  /** What they took in the database. */
  bytes: z.int(),
});
export type Removal = z.infer<typeof Removal>;

export const Run = z
  .object({
    id: Id,
    planId: Id,
    planHash: Sha256,
    purpose: RunPurpose,
    requestText: z.string(),
    state: RunState,
    reason: z.string().nullable(),
    priority: Priority,
    tasks: z.array(Task),
    /** Who paused the run and why, as a sentence: no further step begins until it is resumed; null = nobody did. */
    pause: z.string().nullable().optional(),
    /** In the order of the steps. A stop before a step that is skipped or cancelled is void and not among them. */
    stops: z.array(RunStop),
    createdAt: Instant,
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    /**
     * What has changed at the source since the approval, as a sentence; null when nothing has. The run uses what was approved
     * either way. Only looked at when one run that is not over is read.
     */
    movedOn: z.string().nullable().optional(),
    /** Sequence number of the newest event of this run's topic. */
    lastSeq: z.int(),
    /** That its output and events are gone; null while they are kept. */
    removed: Removal.nullable().optional(),
  })
  .meta({ id: "Run" });
export type Run = z.infer<typeof Run>;

export const RunSummary = Run.omit({ tasks: true, pause: true, stops: true, movedOn: true });
export type RunSummary = z.infer<typeof RunSummary>;

/** Body of `POST /runs/{id}/continue`: the second approval of one step. The hash binds it to the preview that was shown. */
export const ContinueRun = z.object({
  /** Index of the step. */
  step: z.int().min(1),
  hash: Sha256,
  /** What the person typed, for plans that ask for it. */
  typed: z.string().max(300).optional(),
  comment: z.string().max(2_000).optional(),
});
export type ContinueRun = z.infer<typeof ContinueRun>;

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
