import type { WorkRequest } from "../../contracts/agent-protocol.ts";
import { orderBytes, sealContext } from "../../domain/approval.ts";
import type { AttemptModel } from "../../domain/run/model.ts";
import { findIdentity } from "../agents/identity-sql.ts";
import type { CoreDeps } from "../core-deps.ts";
import { getPlanRow } from "../plan/sql.ts";
import type { LoadedRun } from "../run/sql.ts";
import type { Tx } from "../schema.ts";

/** The order for one attempt: everything that the agent needs to check the approval by itself. */
export async function orderFor(
  deps: Pick<CoreDeps, "waits" | "sign" | "sealSecrets">,
  tx: Tx,
  work: { loaded: LoadedRun; taskId: string; attempt: AttemptModel },
): Promise<WorkRequest> {
  const { loaded, attempt } = work;
  const plan = await getPlanRow(tx, loaded.run.plan_id);
  const task = loaded.tasks.find((each) => each.id === work.taskId);
  const step = plan.manifests.steps.find((each) => each.step === task?.step);
  if (!step) throw new Error(`plan ${plan.id} has no manifest for task ${work.taskId}`);
  const order: WorkRequest = {
    task_id: work.taskId,
    attempt: attempt.number,
    fence: attempt.fence,
    work_type: "ansible",
    // A preview runs under the approval of the run that it is made for.
    run_id: loaded.run.approval.run_id,
    purpose: loaded.run.purpose,
    parameters: { step, plan: plan.manifests.plan },
    hints: {
      max_duration_seconds: step.timeoutSeconds,
      max_memory_mb: null,
      gpu_vram_mb: null,
      cpu_cores: null,
    },
    lease: { expires_at: new Date(attempt.leaseUntil).toISOString(), fence: attempt.fence },
    orphan_limit_seconds: deps.waits.orphanLimit / 1_000,
    plan_hash: loaded.run.plan_hash,
    approval: loaded.run.approval,
    order_signature: "",
    inputs: null,
  };
  const secrets = await sealFor(deps, tx, { order, agentId: attempt.agentId });
  return {
    ...order,
    order_signature: deps.sign(orderBytes(order, attempt.agentId)),
    ...(secrets === undefined ? {} : { secrets }),
  };
}

/** The step's secrets, for an agent on another machine. One inside a server's process takes them from the database itself. */
async function sealFor(
  { sealSecrets }: Pick<CoreDeps, "sealSecrets">,
  tx: Tx,
  { order, agentId }: { order: WorkRequest; agentId: string },
): Promise<string | undefined> {
  const names = order.parameters.step.secrets.map((each) => each.name);
  if (names.length === 0) return undefined;
  const identity = await findIdentity(tx, agentId);
  if (identity === undefined) return undefined;
  return await sealSecrets(tx, {
    names,
    sealingKey: identity.sealingKey,
    context: sealContext(order, agentId),
  });
}
