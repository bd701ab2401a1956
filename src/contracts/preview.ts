import { z } from "zod";
import { Id, Instant } from "./vocabulary.ts";

/*
 * A preview: the read run `--check --diff` of a step before anybody has approved it.
 */

/** `change`: it would change something. `same`: it would change nothing. `unknown`: check mode cannot tell. */
export const PreviewClass = z.enum(["change", "same", "unknown"]);
export type PreviewClass = z.infer<typeof PreviewClass>;

/** What an ansibleTask would do on some hosts, all for the same reason. */
export const PreviewResult = z.object({
  class: PreviewClass,
  /** Why, where it does not speak for itself; always given for `unknown`. */
  reason: z.string().nullable(),
  hosts: z.array(z.string()),
});
export type PreviewResult = z.infer<typeof PreviewResult>;

/** Hosts on which an ansibleTask would make exactly the same change. */
export const PreviewDiff = z.object({
  hosts: z.array(z.string()),
  /** Unified diff, secrets redacted; cut after 20,000 characters. */
  text: z.string(),
});
export type PreviewDiff = z.infer<typeof PreviewDiff>;

export const PreviewTask = z.object({
  /** Number from 1, in the order of the run. */
  number: z.int(),
  name: z.string(),
  /** `file:line` inside the project; joins it with the plan's list. */
  source: z.string(),
  module: z.string(),
  /** False for one that is not in the plan's list: of an include, or a handler. */
  listed: z.boolean(),
  /** It runs only where a task notifies it; absent for all others. */
  handler: z.literal(true).optional(),
  /** It says that it runs for real even in check mode. It was held in check mode all the same. */
  unchecked: z.boolean(),
  results: z.array(PreviewResult),
  /** The largest group first. */
  diffs: z.array(PreviewDiff),
});
export type PreviewTask = z.infer<typeof PreviewTask>;

/**
 * `none`: not asked for yet. `running`. `done`: it came to its end. `stopped`: it could not continue past a task; what is known up to
 * there is shown. `cancelled`: by a person, or because the plan was decided. `unavailable`: Ansible may not start on this before the
 * approval, or cannot; `hint` says what helps.
 */
export const PreviewState = z.enum(["none", "running", "done", "stopped", "cancelled", "unavailable"]);
export type PreviewState = z.infer<typeof PreviewState>;

/** Where a preview is that runs now. */
export const PreviewProgress = z.object({
  /** Number of the task in the plan's list, or how many have begun where that list is not the whole; null before the first of it. */
  task: z.int().nullable(),
  /** How many tasks the plan's list has; null where only the run decides which tasks there are. */
  of: z.int().nullable(),
  /** Name of the task that runs. */
  name: z.string(),
  /** The host that began it last; null before the first. */
  host: z.string().nullable(),
});
export type PreviewProgress = z.infer<typeof PreviewProgress>;

export const StepPreview = z.object({
  /** Index of the step. */
  step: z.int(),
  state: PreviewState,
  /** For a person: why it stopped, is not available, …; null when there is nothing to say. */
  reason: z.string().nullable(),
  /** What to do about that; a command where there is one. */
  hint: z.string().nullable(),
  /** How it was held while nobody had approved: in a sandbox, or by trust in the repository. Null before it has begun. */
  held: z.enum(["sandbox", "trust"]).nullable(),
  hosts: z.array(z.string()),
  /** Cells of hosts and ansibleTasks by what they would do. */
  counts: z.object({ change: z.int(), same: z.int(), unknown: z.int() }),
  /** Share of the cells of which it is known, 0..1. */
  coverage: z.number(),
  tasks: z.array(PreviewTask),
  /** True when there was more than is kept. */
  cut: z.boolean(),
  /** Absent where nothing runs, and before the first task begins. */
  progress: PreviewProgress.optional(),
  startedBy: z.string().nullable(),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});
export type StepPreview = z.infer<typeof StepPreview>;

/** Answer of `GET /plans/{id}/preview`: all steps, those that were not previewed with what is known from reading. */
export const PlanPreview = z.object({ planId: Id, steps: z.array(StepPreview) }).meta({ id: "PlanPreview" });
export type PlanPreview = z.infer<typeof PlanPreview>;

/** Body of `POST /plans/{id}/preview`. */
export const StartPreview = z.object({
  /** Indexes of the steps; default all that can be previewed now. */
  steps: z.array(z.int().min(0)).min(1).max(50).optional(),
});
export type StartPreview = z.infer<typeof StartPreview>;
