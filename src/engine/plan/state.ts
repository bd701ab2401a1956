import type { PlanState } from "../../contracts/plan.ts";
import type { Actor } from "../../contracts/actor.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";
import { compareAndSetState, servicesOf } from "./sql.ts";

/** Moves a plan from one state to another, records and tells it. False when it was not in the expected state any more. */
export async function setPlanState(
  deps: Pick<CoreDeps, "clock">,
  tx: Tx,
  change: { planId: string; from: PlanState; to: PlanState; reason: string | null; actor?: Actor },
): Promise<boolean> {
  const moved = await compareAndSetState(tx, change);
  if (!moved) return false;
  const at = deps.clock.now();
  await recordAudit(tx, {
    at,
    kind: `plan.${change.to}`,
    actor: change.actor ?? { kind: "system", name: "chiffon", id: null },
    requestId: moved.request_id,
    planId: change.planId,
    services: servicesOf(moved),
    status: change.to,
    data: { plan_hash: moved.hash, reason: change.reason },
  });
  await tellPlan(tx, { planId: change.planId, state: change.to, at });
  return true;
}

export async function tellPlan(
  tx: Tx,
  change: { planId: string; state: PlanState; at: Date },
): Promise<void> {
  const data = { planId: change.planId, state: change.state };
  await appendEvents(tx, `plan:${change.planId}`, { at: change.at, bodies: [{ type: "plan.state", data }] });
  await appendEvents(tx, "inbox", {
    at: change.at,
    bodies: [{ type: "inbox.changed", data: { planId: change.planId } }],
  });
}
