import type { DrainAgent } from "../../contracts/agent.ts";
import { ChiffonError } from "../../domain/errors.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { askForPlacement } from "../dispatch/sql.ts";
import type { Caller } from "../engine.ts";
import { appendEvents } from "../stream/sql.ts";
import { findAgentRow, setDraining } from "./sql.ts";

/**
 * From now on the agent gets no new work, or gets it again; what it runs goes on. Idempotent.
 * @throws ChiffonError `not-found`; `conflict` for an agent that was revoked
 */
export async function drainAgent(
  deps: CoreDeps,
  caller: Caller,
  { id, draining, reason }: DrainAgent & { readonly id: string },
): Promise<void> {
  await deps.db.transaction().execute(async (tx) => {
    const row = await findAgentRow(tx, id);
    if (row === undefined)
      throw new ChiffonError("not-found", `there is no agent ${id}`, { hint: "chiffon agents shows all" });
    if (row.revoked_at !== null)
      throw new ChiffonError("conflict", `the agent ${row.name} was revoked: it gets no work anyway`);
    const at = deps.clock.now();
    if (!(await setDraining(tx, id, draining ? at : null))) return;
    await recordAudit(tx, {
      at,
      kind: draining ? "agent.drained" : "agent.undrained",
      actor: caller.actor,
      data: { agent_id: id, reason },
    });
    await appendEvents(tx, "agents", {
      at,
      bodies: [{ type: "agent.state", data: { agentId: id, status: row.status } }],
    });
    await askForPlacement(tx);
  });
}
