import { z } from "zod";
import { Id, Instant, RiskTier, Sha256 } from "./vocabulary.ts";

const names = z.object({ added: z.array(z.string()), removed: z.array(z.string()) });

/** A file of a step's snapshot that differs. */
export const FileDiff = z.object({
  path: z.string(),
  change: z.enum(["added", "removed", "changed"]),
  /** Digests before and now; null where it is not. */
  was: Sha256.nullable(),
  is: Sha256.nullable(),
  /** Unified, capped, without values of secrets; null where it cannot be shown. */
  text: z.string().nullable(),
  /** Why the text is missing or not whole; null when it is whole. */
  note: z.string().nullable(),
});
export type FileDiff = z.infer<typeof FileDiff>;

/** What is different about one step. Everything is empty for one that is the same. */
export const StepDiff = z.object({
  change: z.enum(["added", "removed", "changed", "same"]),
  /** Index in the plan, and in what it is compared with; null where it is not. */
  step: z.int().nullable(),
  was: z.int().nullable(),
  /** Name of its unit, and of the one before where another one takes its place. */
  name: z.string(),
  nameWas: z.string().nullable(),
  /** It stands elsewhere in the order of the steps that both have. */
  moved: z.boolean(),
  hosts: names,
  tags: names,
  /** Values that Chiffon passes; absent where it passes none and the playbook's own value holds. */
  vars: z.array(z.object({ name: z.string(), was: z.json().optional(), is: z.json().optional() })),
  /** Versions; never values. */
  secrets: z.array(z.object({ name: z.string(), was: z.int().nullable(), is: z.int().nullable() })),
  files: z.array(FileDiff),
  /** How many more files differ than are listed. */
  moreFiles: z.int(),
  ansibleTasks: names,
  risk: z.object({ was: RiskTier, is: RiskTier }).nullable(),
  /** Versions of tools, and everything else that decides what runs, in words. */
  tools: z.array(z.string()),
  other: z.array(z.string()),
});
export type StepDiff = z.infer<typeof StepDiff>;

/** Answer of `GET /plans/{id}/diff`: how the plan differs from another one. */
export const PlanDiff = z
  .object({
    planId: Id,
    revision: z.int(),
    /** What it is compared with; null when there is no such plan, `summary` says so. */
    against: z
      .object({
        kind: z.enum(["previous", "last-run", "plan"]),
        planId: Id,
        revision: z.int(),
        /** For a person: "revision 1", "run 1a2b3c4d of Tuesday, 2026-11-24 12:00 UTC, which succeeded". */
        text: z.string(),
        run: z.object({ id: Id, state: z.string(), at: Instant }).nullable(),
      })
      .nullable(),
    /** Everything that decides what runs where is the same: it would do what that one did. */
    same: z.boolean(),
    /** The differences as sentences; one that says so when there are none. */
    summary: z.array(z.string()),
    risk: z.object({ was: RiskTier, is: RiskTier }).nullable(),
    steps: z.array(StepDiff),
  })
  .meta({ id: "PlanDiff" });
export type PlanDiff = z.infer<typeof PlanDiff>;
