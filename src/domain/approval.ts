import type { SignedApproval, WorkRequest } from "../contracts/agent-protocol.ts";
import { canonicalJson } from "./canonical-json.ts";

/** The bytes of an approval that its signature covers: a line that names the format, then canonical JSON. */
export function approvalBytes(approval: Omit<SignedApproval, "signature">): Uint8Array {
  const { plan_id, plan_hash, run_id, approved_by, approved_at, expires_at, stop_before } = approval;
  // Left out where there is none, as in the approvals from before there were stops.
  const stops = stop_before.length === 0 ? {} : { stop_before };
  return new TextEncoder().encode(
    `chiffon-approval-1\n${canonicalJson({ plan_id, plan_hash, run_id, approved_by, approved_at, expires_at, ...stops })}`,
  );
}

/** The bytes of an order that its signature covers: for which attempt, and on which agent. */
export function orderBytes(
  order: Pick<
    WorkRequest,
    "task_id" | "attempt" | "fence" | "run_id" | "purpose" | "plan_hash" | "parameters"
  >,
  agentId: string,
): Uint8Array {
  const { task_id, attempt, fence, run_id, purpose, plan_hash } = order;
  const { step } = order.parameters.step;
  return new TextEncoder().encode(
    `chiffon-order-1\n${canonicalJson({ task_id, attempt, fence, run_id, purpose, plan_hash, step, agent_id: agentId })}`,
  );
}

/** What secrets are sealed for: one attempt on one agent. */
export function sealContext(
  { task_id, attempt, fence }: Pick<WorkRequest, "task_id" | "attempt" | "fence">,
  agentId: string,
): string {
  return `chiffon-secrets-1 ${task_id} ${attempt} ${fence} ${agentId}`;
}
