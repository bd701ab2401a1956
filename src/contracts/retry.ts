import { z } from "zod";
import { Id, Instant } from "./vocabulary.ts";

/**
 * What of a run is tried again. `failed-hosts`: what failed, only on the hosts that are left, and every step that never ran.
 * `step` (index from 0): that step and all after it. `ansibleTask`: from that task of Ansible on, and the steps after; `step` says
 * of which step, where several have a task of that name.
 */
export const RetryFrom = z.union([
  z.literal("failed-hosts"),
  z.strictObject({
    ansibleTask: z.string().trim().min(1).max(300),
    step: z.int().min(0).max(999).optional(),
  }),
  z.strictObject({ step: z.int().min(0).max(999) }),
]);
export type RetryFrom = z.infer<typeof RetryFrom>;

/** Body of `POST /runs/{id}/retry`. */
export const RetryRun = z.strictObject({ from: RetryFrom });
export type RetryRun = z.infer<typeof RetryRun>;

/** Of a plan that tries a part of a run again. */
export const RetryOf = z.object({
  runId: Id,
  from: RetryFrom,
  /** It is a strict subset of what this person approved, who approves it with one click until then; null: by its risk. */
  click: z.object({ by: z.string(), until: Instant }).nullable(),
});
export type RetryOf = z.infer<typeof RetryOf>;
