import type { CoreDeps } from "../core-deps.ts";
import type { Tx } from "../schema.ts";
import { setPlanState } from "./state.ts";

/** A newer revision takes the place of those that nobody has decided about. */
export async function supersedeOthers(
  deps: Pick<CoreDeps, "clock">,
  tx: Tx,
  requestId: string,
): Promise<void> {
  const open = await tx
    .selectFrom("plan")
    .select(["id", "state"])
    .where("request_id", "=", requestId)
    .where("state", "in", ["draft", "proposed", "stale"])
    .execute();
  for (const plan of open)
    await setPlanState(deps, tx, {
      planId: plan.id,
      from: plan.state,
      to: "superseded",
      reason: "there is a newer revision",
    });
}
