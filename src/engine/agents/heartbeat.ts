import type { Heartbeat } from "../../contracts/agent-protocol.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { askForPlacement } from "../dispatch/sql.ts";
import type { Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";
import { findAgentRow, markSilent, setStatus, upsertAgent } from "./sql.ts";

/** Takes a sign of life: metrics, and the agent is online again. False when it may not be what it says. */
export async function takeHeartbeat(deps: CoreDeps, tx: Tx, beat: Heartbeat): Promise<boolean> {
  const at = deps.clock.now();
  const known = await findAgentRow(tx, beat.agent_id);
  // What an agent is was decided by its invitation, and a revoked one is none.
  if (known !== undefined && (known.revoked_at !== null || known.type !== beat.agent_type)) return false;
  await upsertAgent(tx, beat, at);
  const status = beat.leaving ? "offline" : "online";
  if (known?.status === status) return true;
  const reason = beat.leaving ? "it was stopped" : null;
  await setStatus(tx, beat.agent_id, { status, reason });
  await announce(tx, { id: beat.agent_id, status, at, kind: known ? `agent.${status}` : "agent.joined" });
  await askForPlacement(tx);
  return true;
}

/** Declares agents offline that gave no sign of life for the silence limit; silence before we listened does not count. */
export async function sweepSilentAgents(deps: CoreDeps): Promise<void> {
  const at = deps.clock.now();
  const since = new Date(at.getTime() - deps.waits.silence);
  if (since < deps.listeningSince) return;
  await deps.db.transaction().execute(async (tx) => {
    const silent = await markSilent(tx, since, "no sign of life");
    for (const agent of silent)
      await announce(tx, { id: agent.id, status: "offline", at, kind: "agent.offline" });
    if (silent.length > 0) await askForPlacement(tx);
  });
}

async function announce(
  tx: Tx,
  change: { id: string; status: string; at: Date; kind: string },
): Promise<void> {
  await recordAudit(tx, {
    at: change.at,
    kind: change.kind,
    actor: { kind: "agent", name: change.id, id: change.id },
    data: { agent_id: change.id },
  });
  await appendEvents(tx, "agents", {
    at: change.at,
    bodies: [{ type: "agent.state", data: { agentId: change.id, status: change.status } }],
  });
}
