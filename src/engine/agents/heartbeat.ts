import type { Heartbeat } from "../../contracts/agent-protocol.ts";
import { recordAudit } from "../audit/record.ts";
import type { CoreDeps } from "../core-deps.ts";
import { askForPlacement } from "../dispatch/sql.ts";
import type { Tx } from "../schema.ts";
import { appendEvents } from "../stream/sql.ts";
import { lockAgents, markSilent, setStatus, upsertAgents } from "./sql.ts";

/**
 * Takes signs of life of many agents at once: metrics, and they are online again. False for one that may not be what it says.
 * Of an agent that is in it twice the last one counts.
 */
export async function takeHeartbeats(deps: CoreDeps, beats: readonly Heartbeat[]): Promise<boolean[]> {
  return await deps.db.transaction().execute(async (tx) => {
    const known = await lockAgents(
      tx,
      beats.map((beat) => beat.agent_id),
    );
    // What an agent is was decided by its invitation, and a revoked one is none.
    const isIt = (beat: Heartbeat): boolean => {
      const row = known.get(beat.agent_id);
      return row === undefined || (row.revoked_at === null && row.type === beat.agent_type);
    };
    const taken = new Map(beats.filter(isIt).map((beat) => [beat.agent_id, beat]));
    if (taken.size > 0) await upsertAgents(tx, [...taken.values()], deps.clock.now());
    for (const leaving of [false, true]) {
      const status = leaving ? "offline" : "online";
      const changed = [...taken.values()].filter(
        (beat) => beat.leaving === leaving && known.get(beat.agent_id)?.status !== status,
      );
      const ids = changed.map((beat) => beat.agent_id);
      const reason = leaving ? "it was stopped" : null;
      await changeStatus(deps, tx, { ids, status, reason, isNew: (id) => !known.has(id) });
    }
    return beats.map(isIt);
  });
}

async function changeStatus(
  deps: CoreDeps,
  tx: Tx,
  change: {
    ids: readonly string[];
    status: "online" | "offline";
    reason: string | null;
    isNew: (id: string) => boolean;
  },
): Promise<void> {
  const { ids, status, reason, isNew } = change;
  if (ids.length === 0) return;
  await setStatus(tx, ids, { status, reason });
  await announce(tx, {
    ids,
    status,
    at: deps.clock.now(),
    kindOf: (id) => (isNew(id) ? "agent.joined" : `agent.${status}`),
  });
  await askForPlacement(tx);
}

/** Declares agents offline that gave no sign of life for the silence limit; silence before we listened does not count. */
export async function sweepSilentAgents(deps: CoreDeps): Promise<void> {
  const at = deps.clock.now();
  const since = new Date(at.getTime() - deps.waits.silence);
  if (since < deps.listeningSince) return;
  await deps.db.transaction().execute(async (tx) => {
    const silent = await markSilent(tx, since, "no sign of life");
    if (silent.length === 0) return;
    const ids = silent.map(({ id }) => id);
    await announce(tx, { ids, status: "offline", at, kindOf: () => "agent.offline" });
    await askForPlacement(tx);
  });
}

async function announce(
  tx: Tx,
  change: { ids: readonly string[]; status: string; at: Date; kindOf: (id: string) => string },
): Promise<void> {
  const { ids, status, at, kindOf } = change;
  for (const id of ids)
    await recordAudit(tx, {
      at,
      kind: kindOf(id),
      actor: { kind: "agent", name: id, id },
      data: { agent_id: id },
    });
  const bodies = ids.map((agentId) => ({ type: "agent.state" as const, data: { agentId, status } }));
  await appendEvents(tx, "agents", { at, bodies });
}
