import type { WorkRequest } from "../contracts/agent-protocol.ts";
import type { StepManifest } from "../contracts/plan.ts";
import type { AgentError } from "../contracts/run.ts";
import { approvalBytes, orderBytes } from "../domain/approval.ts";
import { canonicalJson } from "../domain/canonical-json.ts";
import { findPlanMismatch, type Sha256Hex } from "../domain/plan-hash.ts";
import type { SecretRef } from "./executor-deps.ts";

/** What every agent checks, whatever it executes orders with. */
export interface ApprovalChecks {
  /** Of this agent: an order for another one is not executed. */
  readonly agentId: string;
  readonly sha256: Sha256Hex;
  /** Whether the server that this agent trusts signed these bytes. */
  readonly verify: (bytes: Uint8Array, signature: string) => boolean;
  readonly now: Date;
}

export interface OrderChecks extends ApprovalChecks {
  /** What this agent would run with, as hashed into the plan. */
  readonly environment: (order: WorkRequest) => string;
  readonly ansibleCore: string | undefined;
  /** Of the collections that the step names, what this agent has. */
  readonly collections: StepManifest["collections"];
}

const not = (message: string): AgentError => ({ code: 5007, message });

/** Why this order must not be executed; undefined when it is exactly what a person approved. Error codes of the protocol. */
export function findFault(order: WorkRequest, checks: OrderChecks): AgentError | undefined {
  const { parameters } = order;
  const unapproved = findUnapproved(order, checks);
  if (unapproved !== undefined) return unapproved;
  if (checks.ansibleCore === undefined)
    return { code: 5006, message: "this agent has no Ansible: install ansible-core on its machine" };
  if (parameters.step.ansibleCore !== checks.ansibleCore)
    return not(
      `Ansible ${parameters.step.ansibleCore} was approved, and this agent has ${checks.ansibleCore}: make the plan again`,
    );
  if (canonicalJson(parameters.step.collections) !== canonicalJson([...checks.collections]))
    return not(
      `collections are installed here in another version, or with other files, than was approved: ${listOthers(parameters.step.collections, checks.collections)}. Make the plan again`,
    );
  if (parameters.step.environment !== checks.environment(order))
    return not(
      "Chiffon's own Ansible configuration differs from the one that was approved: where this agent has another version of Chiffon than its server, update it; then make the plan again",
    );
  return undefined;
}

/** Why nobody approved this order, for this agent, as it is now. */
export function findUnapproved(order: WorkRequest, checks: ApprovalChecks): AgentError | undefined {
  const { approval, parameters } = order;
  if (!checks.verify(approvalBytes(approval), approval.signature))
    return not("the approval is not signed by the server that this agent knows");
  if (!checks.verify(orderBytes(order, checks.agentId), order.order_signature))
    return not(
      "the order is for another attempt or another agent, or not by the server that this agent knows",
    );
  if (approval.plan_hash !== order.plan_hash || approval.run_id !== order.run_id)
    return not("the approval is for another plan or run");
  if (approval.plan_id !== parameters.plan.planId) return not("the approval is for another plan");
  if (new Date(approval.expires_at) <= checks.now) return not("the approval has expired");
  // Its preview may run: it changes nothing.
  if (order.purpose === "change" && approval.stop_before.includes(parameters.step.step))
    return not(`step ${parameters.step.step + 1} needs its second approval`);
  const mismatch = findPlanMismatch(
    { plan: parameters.plan, step: parameters.step, planHash: order.plan_hash },
    checks.sha256,
  );
  return mismatch === undefined ? undefined : not(mismatch);
}

/** A secret that is there in another version than the approved one, or not at all. */
export function findMovedSecret(
  approved: readonly SecretRef[],
  here: readonly SecretRef[],
): AgentError | undefined {
  const moved = approved.find(
    (ref) => !here.some((secret) => secret.name === ref.name && secret.version === ref.version),
  );
  return moved && not(`the secret ${moved.name} has changed since the approval: make the plan again`);
}

function listOthers(approved: StepManifest["collections"], here: StepManifest["collections"]): string {
  const isHere = (one: StepManifest["collections"][number]): boolean =>
    here.some((each) => canonicalJson(each) === canonicalJson(one));
  return approved.flatMap((each) => (isHere(each) ? [] : [each.name])).join(", ");
}
