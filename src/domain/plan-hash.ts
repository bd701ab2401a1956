import type { PlanManifest, StepManifest } from "../contracts/plan.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Hash function over text, hexadecimal; passed in because rules do no IO and import no node modules. */
export type Sha256Hex = (text: string) => string;

/** SHA-256 of everything that decides what one step does. */
export function hashStep(manifest: StepManifest, sha256: Sha256Hex): string {
  return sha256(canonicalJson(manifest));
}

/** The plan hash that a person approves. */
export function hashPlan(manifest: PlanManifest, sha256: Sha256Hex): string {
  return sha256(canonicalJson(manifest));
}

export interface PlanCheck {
  readonly plan: PlanManifest;
  readonly step: StepManifest;
  readonly planHash: string;
}

/** Why the step is not part of the plan with that hash; undefined when it is. */
export function findPlanMismatch(check: PlanCheck, sha256: Sha256Hex): string | undefined {
  if (hashPlan(check.plan, sha256) !== check.planHash)
    return "the plan differs from the one that was approved";
  if (check.plan.steps[check.step.step] !== hashStep(check.step, sha256))
    return `step ${check.step.step + 1} differs from the one that was approved`;
  return undefined;
}
