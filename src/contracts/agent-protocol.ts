import { z } from "zod";
import { MachineMetrics } from "./metrics.ts";
import { PlanManifest, SnapshotFile, StepManifest } from "./plan.ts";
import { AgentError, HostRecap, HostStatus, ResourcesUsed, RunPurpose } from "./run.ts";
import { Id, Instant, Outcome, Priority, Sha256 } from "./vocabulary.ts";

/** Version of the agent protocol. Unknown minor versions are accepted, an unknown major version is refused with 5003. */
export const protocolVersion = "1.0";

export const AgentType = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/);
export type AgentType = z.infer<typeof AgentType>;

const attemptKey = {
  task_id: Id,
  attempt: z.int().min(1).describe("The nth try of the task."),
  fence: z
    .int()
    .min(1)
    .describe("Grows with every attempt that is handed out: what carries an older one has no effect."),
};

/** The approval as the agent checks it: signed by the server over the canonical JSON of these fields without `signature`. */
export const SignedApproval = z.object({
  plan_id: Id,
  plan_hash: Sha256,
  run_id: Id,
  approved_by: z.string(),
  approved_at: Instant,
  expires_at: Instant,
  stop_before: z
    .array(z.int())
    .default([])
    .describe(
      "Indexes of the steps that need a further approval before they change anything; until then only their preview runs.",
    ),
  signature: z.string().describe("Ed25519, base64."),
});
export type SignedApproval = z.infer<typeof SignedApproval>;

/** An order to execute one attempt of one task. It starts nothing: the agent accepts, and begins when its lease is granted. */
export const WorkRequest = z.object({
  ...attemptKey,
  work_type: z.literal("ansible"),
  run_id: Id.describe("The run that the approval is for; the task of a preview belongs to another one."),
  purpose: RunPurpose.default("change").describe(
    "`preview`: the approved step in check mode, whatever else the order says.",
  ),
  parameters: z.object({ step: StepManifest, plan: PlanManifest }),
  hints: z.object({
    max_duration_seconds: z.int(),
    max_memory_mb: z.int().nullable(),
    gpu_vram_mb: z.int().nullable(),
    cpu_cores: z.int().nullable(),
  }),
  lease: z.object({ expires_at: Instant, fence: z.int() }),
  orphan_limit_seconds: z.number().positive(),
  plan_hash: Sha256,
  approval: SignedApproval,
  order_signature: z
    .string()
    .default("")
    .describe(
      "Ed25519 by the server, base64, over task, attempt, fence, run, purpose, plan, step and agent: an order is good for one attempt on one agent, whoever else gets hold of it.",
    ),
  inputs: z
    .array(SnapshotFile)
    .nullable()
    .describe(
      "The files of the snapshot; null: the agent finds their list by the digest, in its own store or at the server.",
    ),
  secrets: z
    .string()
    .max(4_000_000)
    .optional()
    .describe(
      "The step's secrets, sealed to the agent's key for this attempt only (base64): JSON of [{name, version, value}]. Absent where there are none, or where the agent is inside the server's own process.",
    ),
});
export type WorkRequest = z.infer<typeof WorkRequest>;

/** The agent holds the order durably and has checked it. The server answers with a lease, or with an error. */
export const WorkAccepted = z.object({ ...attemptKey, agent_id: Id });
export type WorkAccepted = z.infer<typeof WorkAccepted>;

const cell = { key: z.string().max(200), host: z.string().max(300) };

/** What Ansible reported, in order; `at` is the agent's clock. */
export const Progress = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("play"), name: z.string() }),
  z.object({
    kind: z.literal("ansible-task"),
    key: z.string().max(200),
    name: z.string(),
    module: z.string(),
    source: z.string(),
    handler: z.boolean(),
  }),
  z.object({ kind: z.literal("host-started"), ...cell, at: Instant }),
  z.object({
    kind: z.literal("host-result"),
    ...cell,
    status: HostStatus,
    duration_ms: z.number().nullable(),
    item: z.string().nullable(),
    message: z.string().nullable(),
    at: Instant,
  }),
  z.object({ kind: z.literal("diff"), ...cell, text: z.string() }),
]);
export type Progress = z.infer<typeof Progress>;

/** Progress in order: `first_seq` numbers the first of `progress`, from 1 in each attempt. Repeats are dropped by number. */
export const WorkStatus = z.object({
  ...attemptKey,
  first_seq: z.int().min(1).describe("Number of the first of `progress`, from 1 in each attempt."),
  progress: z.array(Progress).max(1_000),
});
export type WorkStatus = z.infer<typeof WorkStatus>;

/** A piece of redacted output; `offset` counts UTF-16 units from the attempt's first. Repeats are dropped by offset. */
export const WorkOutput = z.object({
  ...attemptKey,
  offset: z.int().min(0).describe("UTF-16 units from the attempt's first."),
  text: z.string().max(600_000),
});
export type WorkOutput = z.infer<typeof WorkOutput>;

export const WorkResult = z.object({
  ...attemptKey,
  outcome: Outcome,
  exit_code: z.int().nullable(),
  error: AgentError.nullable(),
  recap: z.record(z.string(), HostRecap).nullable(),
  resources_used: ResourcesUsed,
  output_length: z
    .int()
    .describe("What was sent before; the server stores the result only when it has all of it."),
  progress_count: z.int(),
  output_sha256: Sha256.optional().describe(
    "SHA-256 of the whole output as it was sent (UTF-8): what the signature of the result vouches for.",
  ),
});
export type WorkResult = z.infer<typeof WorkResult>;

/** Agent to server: "I still hold it". Server to agent: "granted until `expires_at`"; the first grant lets the attempt begin. */
export const LeaseRenew = z.object({ ...attemptKey, expires_at: Instant.nullable() });
export type LeaseRenew = z.infer<typeof LeaseRenew>;

/**
 * `cancel`: stop the attempt. `watch`: somebody looks at the run, so what it writes is sent at once for the next seconds; it
 * changes nothing else and may get lost.
 */
export const Control = z.object({
  ...attemptKey,
  command: z.enum(["cancel", "watch"]),
  reason: z.string(),
});
export type Control = z.infer<typeof Control>;

export const Heartbeat = z.object({
  agent_id: Id,
  agent_type: AgentType,
  name: z.string().max(200),
  metrics: MachineMetrics,
  capabilities: z.array(z.string().max(100)).max(100),
  version: z.string(),
  running_tasks: z.array(Id),
  leaving: z.boolean().describe("True for the last one before a clean stop."),
});
export type Heartbeat = z.infer<typeof Heartbeat>;

export const ProtocolError = z.object({
  code: AgentError.shape.code,
  message: z.string(),
  task_id: Id.nullable(),
  attempt: z.int().nullable(),
  fence: z.int().nullable(),
});
export type ProtocolError = z.infer<typeof ProtocolError>;

const base = {
  protocol_version: z.string().regex(/^1\.\d+$/, "unknown major version of the agent protocol"),
  message_id: Id.describe("Of this message; the same when it is sent again."),
  from_agent: z.string().max(100),
  to_agent: z.string().max(100),
  timestamp: Instant,
  trace_id: Id.describe("For following what belongs together through logs; it has no effect."),
  request_id: Id.describe("Idempotency key: the same request sent twice carries the same one."),
  priority: Priority,
  attempt: z
    .int()
    .nullable()
    .describe("Not used by Chiffon itself: the payload says which attempt it is about."),
  seq: z.int().nullable().describe("Not used by Chiffon itself: `first_seq` and `offset` carry the order."),
  x_custom_fields: z
    .record(z.string(), z.json())
    .describe("Room for what no version knows; it has no effect."),
  signature: z
    .string()
    .nullable()
    .describe(
      "Ed25519 by the sender's key over the canonical JSON of the other fields; null inside one process.",
    ),
};

/** Every message between server and agent. */
export const Envelope = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("work_request"), payload: WorkRequest }),
  z.object({ ...base, type: z.literal("work_accepted"), payload: WorkAccepted }),
  z.object({ ...base, type: z.literal("work_status"), payload: WorkStatus }),
  z.object({ ...base, type: z.literal("work_output"), payload: WorkOutput }),
  z.object({ ...base, type: z.literal("work_result"), payload: WorkResult }),
  z.object({ ...base, type: z.literal("lease_renew"), payload: LeaseRenew }),
  z.object({ ...base, type: z.literal("control"), payload: Control }),
  z.object({ ...base, type: z.literal("heartbeat"), payload: Heartbeat }),
  z.object({ ...base, type: z.literal("error"), payload: ProtocolError }),
]);
export type Envelope = z.infer<typeof Envelope>;

/** Type and payload of a message before it is put into an envelope. */
export type Message = {
  [T in Envelope["type"]]: Pick<Extract<Envelope, { type: T }>, "type" | "payload">;
}[Envelope["type"]];

/** Queues of the bus. `<id>` is the agent's id. */
export const queues = {
  work: (agentId: string) => `chf.work.agent.${agentId}`,
  control: (agentId: string) => `chf.ctl.agent.${agentId}`,
  result: "chf.up.result",
  log: "chf.up.log",
  heartbeat: "chf.up.hb",
} as const;

const downQueue = /^chf\.(?:work|ctl)\.agent\.(.+)$/;

/** The agent that a queue for agents belongs to; undefined for a queue of the server. */
export function agentOfQueue(queue: string): string | undefined {
  return downQueue.exec(queue)?.[1];
}
