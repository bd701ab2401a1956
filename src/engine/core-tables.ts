import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Actor } from "../contracts/actor.ts";
import type { Envelope, SignedApproval } from "../contracts/agent-protocol.ts";
import type { MatchedIntent } from "../contracts/intent.ts";
import type { MachineMetrics } from "../contracts/metrics.ts";
import type {
  Approval,
  PlanManifest,
  PlanState,
  PlanStep,
  StepCondition,
  StepManifest,
} from "../contracts/plan.ts";
import type { Question, Request } from "../contracts/request.ts";
import type { RetryFrom } from "../contracts/retry.ts";
import type {
  AgentError,
  HostRecap,
  HostStatus,
  Removal,
  ResourcesUsed,
  RunPurpose,
  RunState,
  TaskState,
} from "../contracts/run.ts";
import type { Outcome, Parallel, RiskTier } from "../contracts/vocabulary.ts";

/** JSON is written as text: the driver would turn a JavaScript array into a PostgreSQL array. */
type Json<T> = ColumnType<T, string, string>;
type NullableJson<T> = ColumnType<T | null, string | null, string | null>;
type Time = ColumnType<Date, Date, Date>;
type NullableTime = ColumnType<Date | null, Date | null | undefined, Date | null>;

type Stop = "ahead" | "waiting" | "approved" | null;

/** What people see of a plan, fixed when it is made. */
export interface PlanDocument {
  readonly steps: PlanStep[];
  readonly notes: string[];
  readonly riskReasons: string[];
  readonly retry?: PlanRetry;
}

/** What a plan that tries a part of a run again knows of the plans before it. */
export interface PlanRetry {
  readonly runId: string;
  readonly from: RetryFrom;
  /** The plan of the whole request, and which of its steps each step of this one is. */
  readonly base: string;
  readonly steps: number[];
  /** Who approved a plan that this one is a strict subset of; until when one click approves it. */
  readonly click: { readonly anchor: string; readonly actor: Actor; readonly until: string } | null;
}

/** What the plan hash covers. */
export interface PlanManifests {
  readonly plan: PlanManifest;
  readonly steps: StepManifest[];
}

export interface CoreTables {
  request: {
    id: string;
    text: string;
    priority: number;
    high_value: boolean;
    status: Request["status"];
    intents: Json<MatchedIntent[]>;
    questions: Json<Question[]>;
    problem: NullableJson<{ message: string; hint: string }>;
    plan_id: string | null;
    conversation_id: ColumnType<string | null, undefined, string | null>;
    /** The server that reads it, or has read it last. */
    replica: ColumnType<string | null, string | undefined, string>;
    created_by: Json<Actor>;
    created_at: Time;
  };
  plan: {
    id: string;
    request_id: string;
    revision: number;
    state: PlanState;
    reason: string | null;
    hash: string;
    summary: string;
    risk: RiskTier;
    document: Json<PlanDocument>;
    manifests: Json<PlanManifests>;
    approval: NullableJson<Approval>;
    run_id: string | null;
    created_by: Json<Actor>;
    created_at: Time;
  };
  run: {
    id: string;
    plan_id: string;
    plan_hash: string;
    request_text: string;
    purpose: Generated<RunPurpose>;
    state: RunState;
    reason: string | null;
    priority: number;
    cancel_requested: ColumnType<boolean, boolean | undefined, boolean>;
    /** Who paused the run and why; null = nobody did. */
    pause: ColumnType<string | null, undefined, string | null>;
    approval: Json<SignedApproval>;
    /** Of a preview that has ended: what it has shown. */
    result_digest: ColumnType<string | null, undefined, string | null>;
    created_at: Time;
    started_at: NullableTime;
    ended_at: NullableTime;
    /** What its events take; null until they were counted, after its end. */
    kept_bytes: ColumnType<number | null, undefined, never>;
    removed: ColumnType<Removal | null, undefined, never>;
  };
  task: {
    id: string;
    run_id: string;
    plan_id: string;
    step: number;
    state: TaskState;
    reason: string | null;
    name: string;
    unit_id: string;
    hosts: string[];
    services: string[];
    /** From the step's manifest. */
    parallel: ColumnType<Parallel | null, Parallel | null | undefined, never>;
    /** Something of it runs on the machine that Ansible runs on. */
    here: ColumnType<boolean, boolean | undefined, never>;
    /** Its place in the queue, see `queueTime`. */
    queue_at: Time;
    after: number[];
    condition: NullableJson<StepCondition>;
    changed: ColumnType<boolean, boolean | undefined, boolean>;
    /** Who cancelled it while it ran, and why; null = nobody did. */
    cancel: ColumnType<string | null, undefined, string | null>;
    skip_cause: ColumnType<"condition" | "dependency" | null, "condition" | "dependency" | null | undefined>;
    stop: ColumnType<Stop, Stop | undefined, Stop>;
    preview_run_id: ColumnType<string | null, undefined, string>;
    /** What the second approval was given to. */
    stop_hash: ColumnType<string | null, undefined, string>;
    not_before: NullableTime;
    started_at: NullableTime;
    ended_at: NullableTime;
  };
  attempt: {
    task_id: string;
    number: number;
    fence: number;
    agent_id: string;
    state: "leased" | "running" | "ended";
    outcome: ColumnType<Outcome | null, Outcome | null | undefined>;
    exit_code: ColumnType<number | null, number | null | undefined>;
    error: ColumnType<AgentError | null, string | null | undefined, string | null>;
    recap: ColumnType<Record<string, HostRecap> | null, string | null | undefined, string | null>;
    resources: ColumnType<ResourcesUsed | null, string | null | undefined, string | null>;
    leased_at: Time;
    lease_until: Time;
    started_at: NullableTime;
    ended_at: NullableTime;
    output_length: Generated<number>;
    progress_count: Generated<number>;
    /** SHA-256 of the whole output, as its agent signed it. */
    output_sha256: ColumnType<string | null, undefined, string | null>;
  };
  ansible_task: {
    task_id: string;
    attempt: number;
    key: string;
    position: number;
    name: string;
    module: string;
    source: string;
  };
  host_result: {
    task_id: string;
    attempt: number;
    key: string;
    host: string;
    status: HostStatus;
    started_at: Time;
    ended_at: NullableTime;
    message: string | null;
  };
  topic: {
    name: string;
    last_seq: number;
    output_length: Generated<number>;
    /** Events up to this number were removed. */
    removed_through: Generated<number>;
    removed: ColumnType<Pick<Removal, "at" | "reason"> | null, undefined, never>;
    /** Rows of removed events are still to be deleted. */
    purging: Generated<boolean>;
  };
  event: {
    topic: string;
    seq: number;
    at: Time;
    type: string;
    data: JSONColumnType<object, string, never>;
    /** Where a piece of output begins in the output of its run; null for other events. */
    output_from: Generated<number | null>;
  };
  outbox: {
    id: Generated<number>;
    queue: string;
    envelope: Json<Envelope>;
    available_at: Time;
    tries: Generated<number>;
    dead: Generated<boolean>;
    last_error: string | null;
  };
  inbox: { message_id: string; at: Time };
  agent: {
    id: string;
    type: string;
    name: string;
    status: "online" | "offline";
    reason: string | null;
    capabilities: string[];
    version: string;
    metrics: NullableJson<MachineMetrics>;
    running_tasks: string[];
    last_seen_at: NullableTime;
    created_at: Time;
    /** Raw public keys, base64; null for an agent inside a server's own process. */
    signing_key: ColumnType<string | null, string | undefined, string>;
    sealing_key: ColumnType<string | null, string | undefined, string>;
    labels: Generated<string[]>;
    /** Which start of the agent's process was connected last, and from where. */
    instance: ColumnType<string | null, string | undefined, string>;
    address: ColumnType<string | null, string | undefined, string>;
    enrolled_at: NullableTime;
    revoked_at: NullableTime;
    /** Its messages go over RabbitMQ. */
    broker: Generated<boolean>;
    /** The server that it is connected to, as long as it is. */
    connected_to: ColumnType<string | null, undefined, string | null>;
    /** It gets no new work since then. */
    draining_since: ColumnType<Date | null, undefined, Date | null>;
  };
  agent_invite: {
    id: string;
    /** The beginning of the code. */
    hint: string;
    code_hash: string;
    agent_type: string;
    labels: string[];
    tries_left: number;
    created_by: Json<Actor>;
    created_at: Time;
    expires_at: Time;
    /** The agent that came with it. */
    used_by: ColumnType<string | null, undefined, string>;
  };
  host_key: {
    address: string;
    port: number;
    line: string;
    fingerprint: string;
    accepted_by: Json<Actor>;
    accepted_at: Time;
  };
}
