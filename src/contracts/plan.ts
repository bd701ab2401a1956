import { z } from "zod";
import { ListedAnsibleTask, ResourceNeeds, UnitKind, WrittenPlaybook } from "./catalogue.ts";
import { FactTest } from "./fact.ts";
import { RetryOf } from "./retry.ts";
import { Id, Instant, Parallel, RiskTier, Sha256, Verb } from "./vocabulary.ts";

export const PlanState = z.enum([
  "draft",
  "proposed",
  "approved",
  "rejected",
  "superseded",
  "expired",
  "stale",
]);
export type PlanState = z.infer<typeof PlanState>;

/**
 * A condition that rules can check: about an earlier step of the same plan, or about what an earlier step (Chiffon's operation
 * "facts") tells of a machine. Anything else becomes a question.
 */
export const StepCondition = z.union([
  z.object({
    kind: z.enum(["changed", "succeeded", "failed"]),
    /** Index of the step that it looks at. */
    step: z.int(),
  }),
  FactTest.extend({
    kind: z.literal("fact"),
    step: z.int(),
    host: z.string(),
    /** For a person: "memory of web1 is less than 2 GB". */
    text: z.string(),
  }),
]);
export type StepCondition = z.infer<typeof StepCondition>;

/** A file of the snapshot, `path` relative to the snapshot's root with `/`. */
export const SnapshotFile = z.object({
  path: z.string(),
  sha256: Sha256,
  size: z.int(),
  executable: z.boolean(),
});
export type SnapshotFile = z.infer<typeof SnapshotFile>;

/**
 * Everything about one step that decides what happens on which machine. Its canonical JSON is hashed into the plan hash; the
 * agent recomputes it before it spawns anything.
 */
export const StepManifest = z.object({
  step: z.int(),
  unit: z.string(),
  /** Paths inside the snapshot. */
  project: z.string(),
  playbook: z.string(),
  /** Where Chiffon wrote `playbook`: the one of the repository that it is made of, and every character of it. */
  written: z.object({ from: z.string(), text: z.string() }).optional(),
  inventory: z.string(),
  /** SHA-256 of the canonical list of the snapshot's files. */
  snapshot: Sha256,
  /** Exactly these are the run's `--limit`. */
  hosts: z.array(z.string()),
  /** The inventory that Chiffon made for the run, inside the snapshot: hosts that were not approved are unreachable in it. */
  hostsFile: z.string().default(""),
  /** What a dynamic inventory said, in the place of what its files say: a file of the snapshot. Absent: it is a static one. */
  resolved: z.object({ path: z.string(), sha256: Sha256 }).optional(),
  /** Hosts that tasks run on by `delegate_to` and the like; `localhost` is the machine that Ansible runs on. */
  delegates: z.array(z.string()).default([]),
  /** Whether anything of it runs on the machine that Ansible runs on. */
  runsHere: z.boolean().default(false),
  /** SHA-256 over the variables that inventory, group_vars and host_vars give the hosts. */
  variables: Sha256.nullable().default(null),
  /** Collections from outside the repository that modules and plug-ins come from; a version of null = not installed. */
  collections: z
    .array(z.object({ name: z.string(), version: z.string().nullable(), sha256: Sha256.optional() }))
    .default([]),
  tags: z.array(z.string()),
  startAt: z.string().nullable(),
  vars: z.record(z.string(), z.json()),
  secrets: z.array(z.object({ name: z.string(), version: z.int() })),
  /** SSH host keys of the hosts, one known_hosts line each. */
  knownHosts: z.array(z.string()),
  become: z.boolean(),
  check: z.boolean(),
  timeoutSeconds: z.int(),
  after: z.array(z.int()),
  condition: StepCondition.nullable(),
  /** Absent: nothing else works on its hosts while it does. */
  parallel: Parallel.optional(),
  /**
   * The tasks, `file:line` inside the snapshot, that restart the machine that Ansible runs on. When one of them has begun and
   * the attempt was cut off, an agent that finds that machine started anew takes the step for done. Absent for nearly all.
   */
  restartsHere: z.array(z.string()).optional(),
  /** Our ansible.cfg and environment, and the versions of the tools that will run. */
  environment: Sha256,
  ansibleCore: z.string(),
});
export type StepManifest = z.infer<typeof StepManifest>;

/** The part of a plan that its hash covers: SHA-256 over the canonical JSON of this object. */
export const PlanManifest = z.object({
  format: z.literal("chiffon-plan-1"),
  planId: Id,
  requestId: Id,
  revision: z.int(),
  /** SHA-256 of the canonical JSON of each step's manifest, in order. */
  steps: z.array(Sha256),
});
export type PlanManifest = z.infer<typeof PlanManifest>;

/**
 * What a unit is expected to choose by itself, by its own rule and what was seen on the hosts when the plan was made. The run
 * decides; nothing of it is in the plan hash.
 */
export const ExpectedChoice = z.object({
  /** For example `kuma_method`. */
  variable: z.string(),
  /** The one value that all hosts are expected to get; null when that is open or differs. */
  value: z.string().nullable(),
  version: z.string().nullable(),
  /** For a person, with the reason: "by docker, version 2.5.3: Docker is on web1". */
  text: z.string(),
});
export type ExpectedChoice = z.infer<typeof ExpectedChoice>;

/**
 * What the unit needs of a machine, compared with what agents had reported when the plan was made. `met`: free where it runs;
 * `wait`: there, but in use; `missing`: not there; `unknown`: no agent reports about that host. It stops nothing by itself.
 */
export const StepResources = z.object({
  needs: ResourceNeeds,
  state: z.enum(["met", "wait", "missing", "unknown"]),
  text: z.string(),
  /** What else can be done, a sentence each; empty when it is met. */
  alternatives: z.array(z.string()),
});
export type StepResources = z.infer<typeof StepResources>;

/**
 * Where a value comes from: a default of the repository, its inventory with group_vars and host_vars, the words of the
 * request, a person's answer, or other data of the repository (lists of portals).
 */
export const ValueOrigin = z.enum(["default", "inventory", "request", "person", "repository"]);
export type ValueOrigin = z.infer<typeof ValueOrigin>;

/** A variable that the unit reads and that Chiffon does not pass: what it is, and the file and line that say so. */
export const StepSetting = z.object({
  name: z.string(),
  /** Null when it is not shown: its name looks like a secret's, or it is too long. */
  value: z.json(),
  origin: z.enum(["default", "inventory"]),
  /** `path:line`, or `path` where the line is not known. */
  source: z.string(),
  /** The hosts that have this value; empty = all of the step. */
  hosts: z.array(z.string()),
});
export type StepSetting = z.infer<typeof StepSetting>;

/**
 * How a step is taken back. `unit`: another unit of the same service; `state`: a variable of its own; `values`: the same unit
 * with the values of its run before, `version` where only a version differs; `restore`: from a backup; `none`: not at all, the
 * text says why. Shown before the approval and proposed afterwards; nothing of it is in the plan hash.
 */
export const WayBack = z.object({
  kind: z.enum(["unit", "state", "values", "version", "restore", "none"]),
  /** For a person: "remove-status-page removes it". */
  text: z.string(),
  /** What takes it back; null when nothing does. */
  deed: z.object({ unit: z.string(), verb: Verb, vars: z.record(z.string(), z.json()) }).nullable(),
});
export type WayBack = z.infer<typeof WayBack>;

export const PlanStep = z.object({
  index: z.int(),
  /** The words that it comes from. */
  text: z.string(),
  verb: Verb,
  target: z.string(),
  /** The services that the step is about; records are found by them. */
  services: z.array(z.string()),
  unit: z.object({
    id: z.string(),
    kind: UnitKind,
    name: z.string(),
    path: z.string(),
    repository: z.string(),
    confidence: z.number(),
    evidence: z.string(),
    /** Content of the unit when the plan was made; absent in plans that were made before there was one. */
    sha256: Sha256.optional(),
  }),
  /** The playbook that runs, where Chiffon wrote it; its text is in the manifest, so the hash covers it. */
  written: WrittenPlaybook.optional(),
  inventory: z.string(),
  hosts: z.array(z.string()),
  /** Hosts that it runs on besides those, and where it says so; absent in plans from before this was looked for. */
  delegates: z.array(z.object({ host: z.string(), sources: z.array(z.string()) })).optional(),
  tags: z.array(z.string()),
  /** Variables that Chiffon passes, each with where the value comes from. */
  vars: z.array(
    z.object({
      name: z.string(),
      value: z.json(),
      source: z.string(),
      origin: ValueOrigin.optional(),
    }),
  ),
  /** The other variables of the unit as written now; the snapshot fixes the files that say so. */
  settings: z.array(StepSetting).optional(),
  /** An expectation for people, not a part of what is hashed; absent in plans that were made before there was one. */
  choices: z.array(ExpectedChoice).optional(),
  /** For a person: what needs a vault password, and that the run fails without it; absent when nothing does. */
  vault: z.string().optional(),
  /** Names of the secrets that reach the run; values are never shown. */
  secrets: z.array(z.string()),
  become: z.boolean(),
  after: z.array(z.int()),
  condition: StepCondition.nullable(),
  /** Name of the ansibleTask that it begins at, of a step that is tried again; absent: at the first. */
  startAt: z.string().optional(),
  /** From that one on. */
  ansibleTasks: z.array(ListedAnsibleTask),
  /** What only the run itself can decide: dynamic includes, lookups, patterns that could not be resolved. */
  decidedAtRunTime: z.array(z.string()),
  /** Share of ansibleTasks whose effect check mode could show, 0..1. */
  previewable: z.number(),
  /** Indexes of the steps whose result this step's preview needs; empty = it can be previewed now. */
  previewableAfter: z.array(z.int()),
  snapshot: Sha256,
  fileCount: z.int(),
  /**
   * What the step holds while it runs: the hosts, with the services it is about. Nobody else's step works there meanwhile, but
   * for what `parallel` lets in.
   */
  locks: z
    .array(z.object({ host: z.string(), services: z.array(z.string()), parallel: Parallel.optional() }))
    .optional(),
  resources: StepResources.optional(),
  /** Stated when there is no history yet: an assumption, with how it was made. */
  estimate: z.object({ ms: z.number(), text: z.string() }).nullable().optional(),
  /** From this unit's own successful runs; null without history. Milliseconds. */
  expected: z.object({ p50: z.number(), p90: z.number(), samples: z.int() }).nullable(),
  risk: RiskTier,
  riskReasons: z.array(z.string()),
  /** Absent in plans that were made before there was one. */
  wayBack: WayBack.optional(),
});
export type PlanStep = z.infer<typeof PlanStep>;

/** How a plan has to be approved. */
export const ApprovalForm = z.object({
  kind: z.enum(["click", "review", "type", "type-and-second-person"]),
  /** What has to be typed for `type`: a service or host name. */
  typed: z.string().nullable(),
});
export type ApprovalForm = z.infer<typeof ApprovalForm>;

export const Approval = z.object({
  decision: z.enum(["approved", "rejected"]),
  by: z.string(),
  at: Instant,
  comment: z.string().nullable(),
  /** Of an approval: when it expires unless its run has begun. Absent in those that were given before this was told. */
  expiresAt: Instant.optional(),
});
export type Approval = z.infer<typeof Approval>;

export const Plan = z
  .object({
    id: Id,
    requestId: Id,
    requestText: z.string(),
    revision: z.int(),
    state: PlanState,
    /** Why it is in this state, for a person; null when there is nothing to say. */
    reason: z.string().nullable(),
    hash: Sha256,
    summary: z.string(),
    steps: z.array(PlanStep),
    /** Wishes of the sentence that make no step but hold for all: "but do not restart nginx". */
    notes: z.array(z.string()),
    risk: RiskTier,
    riskReasons: z.array(z.string()),
    /** Absent in plans that try nothing again. */
    retryOf: RetryOf.optional(),
    /** For the person who asks. */
    approvalForm: ApprovalForm,
    approval: Approval.nullable(),
    runId: Id.nullable(),
    createdBy: z.string(),
    createdAt: Instant,
  })
  .meta({ id: "Plan" });
export type Plan = z.infer<typeof Plan>;

/** A row of `GET /plans`. */
export const PlanSummary = Plan.pick({
  id: true,
  requestId: true,
  requestText: true,
  revision: true,
  state: true,
  reason: true,
  hash: true,
  summary: true,
  risk: true,
  runId: true,
  createdAt: true,
});
export type PlanSummary = z.infer<typeof PlanSummary>;

/** Body of `POST /plans/{id}/approve`. The hash binds the decision to exactly what was shown. */
export const ApprovePlan = z.object({
  hash: Sha256,
  comment: z.string().max(2_000).optional(),
  /** What the person typed, for plans that ask for it. */
  typed: z.string().max(300).optional(),
  /** Indexes of the steps before which the run stops, shows their preview and waits for a second approval. */
  stopBefore: z.array(z.int().min(1)).max(50).optional(),
});
export type ApprovePlan = z.infer<typeof ApprovePlan>;

export const RejectPlan = z.object({ reason: z.string().trim().min(1).max(2_000) });
export type RejectPlan = z.infer<typeof RejectPlan>;

/** What should be different about one step, as values. All of it is checked like everything that comes from outside. */
export const StepEdit = z.strictObject({
  /** Index of the step in the plan, from 0. */
  step: z.int().min(0).max(999),
  /** Values by name of the variable; null gives it back the playbook's own value. */
  vars: z.record(z.string().max(128), z.json()).optional(),
  /** The hosts and groups that the step is for, by the names of its inventory; never patterns. */
  hosts: z.array(z.string().trim().min(1).max(255)).min(1).max(1_000).optional(),
  /** Leaves the step out. */
  skip: z.literal(true).optional(),
});
export type StepEdit = z.infer<typeof StepEdit>;

const whatToSay =
  "say what should be different, for example: on web2, port 3002, without step 2, and then restart nginx";

/** Body of `POST /plans/{id}/revise`: what should be different, in plain words or as values. */
export const RevisePlan = z
  .strictObject({
    instruction: z
      .string()
      .trim()
      .min(1, whatToSay)
      .max(2_000, "the change is longer than 2,000 characters: make a new request of it")
      .optional(),
    edits: z.union([StepEdit, z.array(StepEdit).min(1).max(100)]).optional(),
  })
  .refine((body) => (body.instruction === undefined) !== (body.edits === undefined), {
    error: `${whatToSay}; or give edits, and not both`,
  });
export type RevisePlan = z.infer<typeof RevisePlan>;
